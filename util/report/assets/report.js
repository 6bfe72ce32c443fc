// The problem browser. All text from models and datasets is set as textContent, never as HTML.
"use strict";
(() => {
  const PER_PAGE = 20;
  const NAMES = { r: "right", w: "wrong", t: "truncated", n: "no answer", u: "not judged", e: "failed" };
  const CLASSES = { r: "right", w: "wrong", t: "truncated", n: "noanswer", u: "unjudged", e: "failed" };
  const index = JSON.parse(document.getElementById("index").textContent);
  const chunks = [...document.querySelectorAll("script.chunk")];
  const $ = (id) => document.getElementById(id);
  const cache = new Map();
  let found = index.problems.map((_, i) => i);
  let page = 0;
  let search = 0;

  const unpacked = async (number) => {
    if (cache.has(number)) return cache.get(number);
    const packed = Uint8Array.from(atob(chunks[number].textContent), (c) => c.charCodeAt(0));
    const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
    const problems = JSON.parse(await new Response(stream).text());
    if (cache.size > 8) cache.delete(cache.keys().next().value);
    cache.set(number, problems);
    return problems;
  };
  const contents = async (i) => (await unpacked(index.problems[i].c))[index.problems[i].o];

  const make = (tag, className, text) => {
    const element = document.createElement(tag);
    if (className) element.className = className;
    if (text !== undefined) element.textContent = text;
    return element;
  };

  const mathematics = (element) => {
    if (!window.renderMathInElement || !$("math").checked) return;
    window.renderMathInElement(element, {
      output: "mathml", throwOnError: false, strict: "ignore", trust: false, maxExpand: 200,
      delimiters: [
        { left: "$$", right: "$$", display: true }, { left: "\\[", right: "\\]", display: true },
        { left: "\\(", right: "\\)", display: false }, { left: "$", right: "$", display: false },
      ],
    });
  };

  const written = (text) => {
    const element = make("div", "text", text);
    mathematics(element);
    return element;
  };

  // A fold is filled when it is opened, since most thoughts are never read.
  const fold = (label, fill) => {
    const details = make("details", "fold");
    details.append(make("summary", "", label));
    details.addEventListener("toggle", () => {
      if (details.open && details.childElementCount === 1) details.append(fill());
    });
    return details;
  };

  const parts = (text) => {
    const thought = text.match(/<\|begin_of_thought\|>([\s\S]*?)<\|end_of_thought\|>/);
    if (thought) {
      const rest = text.slice(0, thought.index) + text.slice(thought.index + thought[0].length);
      return [thought[1].trim(), rest.replace(/<\|(begin|end)_of_solution\|>/g, "").trim()];
    }
    const end = text.lastIndexOf("</think>");
    if (end >= 0) return [text.slice(0, end).replace(/^\s*<think>/, "").trim(), text.slice(end + 8).trim()];
    return text.startsWith("<think>") ? [text, ""] : ["", text];
  };

  const plain = (value) => (typeof value === "string" ? value : JSON.stringify(value, null, 2));

  const evidence = (values) => {
    const table = make("table", "evidence");
    for (const [name, value] of Object.entries(values)) {
      const row = table.insertRow();
      row.append(make("td", "soft", name));
      const cell = make("td");
      cell.append(make("pre", "", plain(value)));
      row.append(cell);
    }
    return table;
  };

  const responseView = (response, number) => {
    const view = make("div", "response");
    const line = make("div", "verdict");
    line.append(make("span", `badge ${CLASSES[response.v]}`, NAMES[response.v]));
    if (response.reason) line.append(make("span", "", response.reason));
    line.append(make("span", "soft", `sample ${number + 1}, temperature ${response.t}, ${response.n.toLocaleString()} tokens`));
    view.append(line);
    if (response.e && Object.keys(response.e).length) view.append(evidence(response.e));
    const text = response.p || response.c;
    const [thought, solution] = parts(text);
    if (thought) view.append(fold(`thought (${thought.length.toLocaleString()} characters)`, () => written(thought)));
    if (solution) view.append(written(solution));
    if (response.p) view.append(fold("original response", () => written(response.c)));
    return view;
  };

  const filled = async (details, i) => {
    const body = make("div", "body");
    details.append(body);
    const problem = await contents(i);
    body.append(fold("prompt", () => written(problem.prompt)));
    problem.responses.forEach((response, number) => body.append(responseView(response, number)));
  };

  const problemView = (i) => {
    const problem = index.problems[i];
    const details = make("details", "problem");
    const summary = make("summary");
    const question = make("span", "question", problem.q);
    question.title = index.sections[problem.s];
    const marks = make("span", "marks");
    marks.title = [...problem.v].map((v) => NAMES[v]).join(", ");
    for (const v of [...problem.v].slice(0, 64)) marks.append(make("i", CLASSES[v]));
    summary.append(question, marks);
    details.append(summary);
    details.addEventListener("toggle", () => {
      if (details.open && details.childElementCount === 1) filled(details, i);
    });
    return details;
  };

  const show = () => {
    const pages = Math.max(1, Math.ceil(found.length / PER_PAGE));
    page = Math.min(page, pages - 1);
    $("problems").replaceChildren(...found.slice(page * PER_PAGE, (page + 1) * PER_PAGE).map(problemView));
    $("count").textContent = `${found.length.toLocaleString()} of ${index.problems.length.toLocaleString()} problems`;
    $("page").textContent = `page ${page + 1} of ${pages}`;
    $("back").disabled = page === 0;
    $("next").disabled = page >= pages - 1;
  };

  const FILTERS = {
    all: () => true,
    solved: (v) => v.includes("r"),
    unsolved: (v) => !v.includes("r"),
    mixed: (v) => v.includes("r") && /[^r]/.test(v),
    ...Object.fromEntries("wtnue".split("").map((code) => [code, (v) => v.includes(code)])),
  };

  const matches = (problem, words) => words.every((word) => problem.q.toLowerCase().includes(word));

  const filter = async () => {
    const mine = ++search;
    const words = ($("search").value.toLowerCase().match(/"[^"]+"|\S+/g) || []).map((word) => word.replace(/^"|"$/g, ""));
    const keep = FILTERS[$("verdict").value];
    const section = $("section").value;
    const deep = $("deep").checked && words.length > 0;
    const fits = [];
    for (let i = 0; i < index.problems.length; i++) {
      const problem = index.problems[i];
      if ((section !== "" && problem.s !== Number(section)) || !keep(problem.v)) continue;
      if (!words.length || matches(problem, words)) fits.push(i);
      else if (deep) {
        const inside = await contents(i);
        if (mine !== search) return;
        const text = [inside.prompt, ...inside.responses.flatMap((r) => [r.c, r.p, r.reason])].join("\n").toLowerCase();
        if (words.every((word) => text.includes(word))) fits.push(i);
      }
    }
    found = fits;
    page = 0;
    show();
  };

  let waiting;
  $("search").addEventListener("input", () => { clearTimeout(waiting); waiting = setTimeout(filter, 200); });
  for (const id of ["verdict", "section", "deep"]) $(id).addEventListener("change", filter);
  $("math").addEventListener("change", show);
  const turn = (step) => { page += step; show(); $("browse").scrollIntoView(); };
  $("back").addEventListener("click", () => turn(-1));
  $("next").addEventListener("click", () => turn(1));
  show();
})();
