// The list of problems: paging, filters, search.
"use strict";
(() => {
  const PER_PAGE = 20;
  const { NAMES, CLASSES, $, index, contents, make, fold, hooks, written, responseView } = Report;
  let found = index.problems.map((_, i) => i);
  let page = 0;
  let search = 0;

  const filled = async (details, i) => {
    const body = make("div", "body");
    details.append(body);
    const problem = await contents(i);
    body.append(fold("prompt", () => written(problem.prompt)));
    problem.responses.forEach((response, number) => body.append(responseView(response, number, problem)));
    hooks.problem.forEach((hook) => hook(body, problem, i));
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
    hooks.list.forEach((hook) => hook(found));
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
