// How one response is shown: Report.written(text) for any text, Report.responseView(response, number, problem) for a
// response with its verdict, answer, failed test, program, thought and text. Fields: see util/report/response_details.py.
"use strict";
(() => {
  const { NAMES, CLASSES, make, button, fold, markdown, watchMath, formulaOrText, inlineText, numbered, program } = Report;
  const IN_FIGURES = new Set(["answer", "gold", "layer", "why", "test", "input", "expected", "output", "from_line", "detail", "line"]);
  const LONG_DETAIL = 400;

  // ---- Searched words, marked in what is shown

  const MOST_HITS = 500;
  const markWords = (root, words) => {
    if (!words.length) return;
    const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT, (node) =>
      (node.parentElement.closest(".math, mark, button") ? NodeFilter.FILTER_REJECT : NodeFilter.FILTER_ACCEPT));
    const nodes = [];
    while (walker.nextNode()) nodes.push(walker.currentNode);
    let hits = 0;
    for (let node of nodes) {
      while (node && hits < MOST_HITS) {
        const text = node.data.toLowerCase();
        const places = words.map((word) => [text.indexOf(word), word.length]).filter(([place]) => place >= 0);
        if (!places.length || text.length !== node.data.length) break;
        const [place, length] = places.reduce((a, b) => (b[0] < a[0] ? b : a));
        const hit = node.splitText(place);
        node = hit.splitText(length);
        const marked = make("mark", "hit");
        hit.replaceWith(marked);
        marked.append(hit);
        hits++;
      }
    }
  };

  const searched = () => (Report.words ? Report.words() : []);

  const written = (text) => {
    const element = markdown(text);
    element.grown = () => {
      watchMath(element);
      markWords(element, searched());
    };
    element.grown();
    return element;
  };

  const asWritten = (text) => {
    const element = make("pre", "text as-written", text);
    markWords(element, searched());
    return element;
  };

  // ---- Thought and answer

  const TAGS = ["think", "thinking"];
  const parts = (text) => {
    const thought = text.match(/<\|begin_of_thought\|>([\s\S]*?)<\|end_of_thought\|>/);
    if (thought) {
      const rest = text.slice(0, thought.index) + text.slice(thought.index + thought[0].length);
      return [thought[1].trim(), rest.replace(/<\|(begin|end)_of_solution\|>/g, "").trim()];
    }
    const [end, tag] = TAGS.map((name) => [text.lastIndexOf(`</${name}>`), name]).reduce((a, b) => (b[0] > a[0] ? b : a));
    if (end >= 0) return [text.slice(0, end).replace(/^\s*<think(?:ing)?>/, "").trim(), text.slice(end + tag.length + 3).trim()];
    return /^\s*<think(?:ing)?>/.test(text) ? [text.replace(/^\s*<think(?:ing)?>/, "").trim(), ""] : ["", text];
  };

  const number = (value) => value.toLocaleString("en");

  const thoughtLabel = (thought, text, response) => {
    if (response.k) return `Thought: ${number(response.k)} tokens, counted`;
    return `Thought: about ${number(Math.max(1, Math.round((response.n * thought.length) / Math.max(1, text.length))))} tokens, by its share of the characters`;
  };

  // Closed, it holds the plain text, so that the browser's own search finds it and opens the fold; a click shows it formatted.
  const thoughtFold = (thought, label) => {
    const details = make("details", "fold thought");
    const summary = make("summary", "", label);
    const plainText = make("pre", "text as-written", thought);
    const format = () => {
      if (plainText.isConnected) plainText.replaceWith(written(thought));
    };
    summary.addEventListener("click", () => { if (!details.open) format(); });
    details.append(summary, plainText);
    const lower = thought.toLowerCase();
    if (searched().some((word) => lower.includes(word))) {
      plainText.replaceWith(written(thought));
      details.open = true;
    }
    return details;
  };

  const textView = (text, response, asSource) => {
    const view = make("div");
    if (asSource) {
      view.append(asWritten(text));
      return view;
    }
    const [thought, solution] = parts(text);
    if (thought) view.append(thoughtFold(thought, thoughtLabel(thought, text, response)));
    if (solution) view.append(written(solution));
    else if (thought && !solution) view.append(make("p", "soft", "The response ends within its thought."));
    return view;
  };

  // The text with buttons to see it as written and, where it was rewritten, the original beside it.
  const texts = (response) => {
    const area = make("div");
    const controls = make("div", "views");
    let shown = response.p ? "Rewritten" : "Response";
    let asSource = false;
    const draw = () => {
      const original = () => textView(response.c, response, asSource);
      const rewritten = () => textView(response.p, { ...response, k: 0 }, asSource);
      if (shown === "Side by side") {
        const sides = make("div", "sides");
        for (const [title, side] of [["Original", original()], ["Rewritten", rewritten()]]) {
          const column = make("div");
          column.append(make("p", "side-title", title), side);
          sides.append(column);
        }
        area.replaceChildren(sides);
      } else area.replaceChildren(shown === "Rewritten" ? rewritten() : original());
      for (const each of controls.children) {
        const pressed = each.dataset.view === "As written" ? asSource : each.dataset.view === shown;
        each.setAttribute("aria-pressed", String(pressed));
      }
    };
    const names = response.p ? ["Rewritten", "Original", "Side by side"] : [];
    for (const name of [...names, "As written"]) {
      const control = button(name, () => {
        if (name === "As written") asSource = !asSource;
        else shown = name;
        draw();
      }, "small");
      control.dataset.view = name;
      controls.append(control);
    }
    draw();
    const view = make("div");
    view.append(controls, area);
    return view;
  };

  // ---- Answers

  const plain = (value) => (typeof value === "string" ? value : JSON.stringify(value, null, 2));

  const answers = (response) => {
    const { answer, gold, why } = response.e || {};
    if (answer === undefined && gold === undefined) return null;
    const list = make("dl", "answers");
    const add = (name, value, className) => {
      const group = make("div");
      const content = make("dd", className);
      content.append(value);
      group.append(make("dt", "", name), content);
      list.append(group);
    };
    const shown = (value) => {
      if (value === null || value === undefined || value === "") return make("span", "soft", "none");
      const text = plain(value);
      const element = formulaOrText(text.length > 600 ? `${text.slice(0, 600)}…` : text, "value");
      if (response.o?.[text]) element.append(": ", inlineText(response.o[text]));
      return element;
    };
    if (answer !== undefined) add("Answer", shown(answer), CLASSES[response.v]);
    if (gold !== undefined) add("Gold answer", shown(gold));
    if (response.rule) add("Compared", make("span", "soft", response.rule));
    if (why) add("Why", make("span", "soft", plain(why)));
    watchMath(list);
    return list;
  };

  // ---- Tests

  // The number of the failed test from 1. Evidence of earlier versions counted from 0, the reason always from 1.
  const testNumber = (response) => {
    const named = /on test (\d+) of (\d+)/.exec(response.reason || "");
    return named ? { test: Number(named[1]), of: Number(named[2]) } : { test: null, of: response.e.tests };
  };

  const trimmed = (line) => line.replace(/\r$/, "").trimEnd();

  // The place of the first line that differs, as the judge names it or else without regard to spaces at the ends.
  const firstDifference = (expected, output, detail, from) => {
    const named = /^line (\d+): expected/.exec(detail || "");
    if (named) return Number(named[1]) - from;
    const most = Math.max(expected.length, output.length);
    for (let i = 0; i < most; i++) if (trimmed(expected[i] ?? "") !== trimmed(output[i] ?? "")) return i;
    return -1;
  };

  const linesOf = (text) => text.replace(/\n$/, "").split("\n");

  // A line in two parts: what both sides have, and what is from the first difference on.
  const divided = (line, other) => {
    let same = 0;
    while (same < line.length && line[same] === other[same]) same++;
    if (same === line.length) return line ? [["", line]] : [];
    return [...(same ? [["", line.slice(0, same)]] : []), ["differs", line.slice(same)]];
  };

  const panel = (title, lines, options) => {
    const box = make("div", "panel");
    box.append(make("p", "panel-title", title), numbered(lines, options));
    return box;
  };

  const failedTest = (response) => {
    const { e } = response;
    if (!e || typeof e.tests !== "number" || (e.detail === undefined && e.input === undefined)) return null;
    const { test, of } = testNumber(response);
    const view = make("div", "test");
    view.append(make("p", "test-title", test ? `Test ${number(test)} of ${number(of)}` : `${number(of)} test${of === 1 ? "" : "s"}`));
    const panels = make("div", "panels");
    const raw = (text) => linesOf(text).map((line) => (line ? [["", line]] : []));
    if (typeof e.input === "string") panels.append(panel("Input", raw(e.input)));
    const from = e.from_line || 1;
    if (typeof e.expected === "string") {
      const expected = linesOf(e.expected), output = typeof e.output === "string" ? linesOf(e.output) : null;
      const place = output && response.v !== "r" ? firstDifference(expected, output, e.detail, from) : -1;
      const side = (lines, others) => {
        const parted = lines.map((line, i) => (i === place ? divided(line, others[i] ?? "") : line ? [["", line]] : []));
        if (place === lines.length) parted.push([["differs", "(nothing)"]]);
        return parted;
      };
      const options = { from, line: place + 1, label: "≠ first difference" };
      panels.append(panel("Expected", side(expected, output || expected), options));
      if (output) panels.append(panel("Output", side(output, expected), options));
    }
    if (panels.childElementCount) view.append(panels);
    if (e.detail) {
      const detail = plain(e.detail);
      if (detail.length > LONG_DETAIL || detail.includes("\n")) view.append(make("pre", "detail", detail));
      else view.append(make("p", "soft", detail));
    }
    return view;
  };

  const judgedProgram = (response) => {
    const { x, e } = response;
    if (x === undefined) return null;
    const code = Array.isArray(x) ? (response.p || response.c).slice(...x) : x;
    const lines = code.replace(/\n+$/, "").split("\n").length;
    const view = fold(`Judged program: ${number(lines)} line${lines === 1 ? "" : "s"}${e?.line ? `, failed at line ${number(e.line)}` : ""}`, () =>
      program(code, { line: e?.line || 0, label: "← failed here", title: "program that was judged" }));
    if (response.v !== "r") view.open = true; // its toggle event fills it
    return view;
  };

  // ---- Evidence

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

  const judgedByModel = ({ correct, reason, model }) => {
    const word = correct === true ? "right" : correct === false ? "wrong" : "no clear answer";
    return make("p", "soft", `Judge model ${model}: ${word}${reason ? `. ${reason}` : ""}`);
  };

  // response: an item of problem.responses, place: where. problem: what Report.contents returned.
  const responseView = (response, place, problem) => {
    const view = make("div", "response");
    const line = make("div", "verdict");
    const badge = make("span", `badge ${CLASSES[response.v]}`);
    badge.append(NAMES[response.v]); // table.js puts the mark in front
    line.append(badge);
    if (response.reason) line.append(make("span", "reason", response.reason));
    const tokens = `${response.est ? "about " : ""}${number(response.n)} tokens`;
    line.append(make("span", "soft", `sample ${place + 1} · temperature ${response.t} · ${tokens}`));
    view.append(line);
    const isProgram = typeof response.e?.tests === "number";
    for (const part of [isProgram ? null : answers(response), failedTest(response), judgedProgram(response)]) if (part) view.append(part);
    if (response.j) view.append(judgedByModel(response.j));
    if (response.c || response.p) view.append(texts(response));
    const rest = Object.entries(response.e || {});
    if (rest.length) {
      const left = rest.filter(([name]) => !IN_FIGURES.has(name)).map(([name]) => name);
      view.append(fold(left.length ? `Evidence: ${left.slice(0, 4).join(", ")}${left.length > 4 ? ", …" : ""}` : "Evidence", () => evidence(response.e)));
    }
    return view;
  };

  // For an element that holds plain text: renders the formulas in it.
  const mathematics = (element) => {
    element.replaceChildren(...inlineText(element.textContent).childNodes);
    for (const link of element.querySelectorAll("a")) link.replaceWith(link.textContent); // it may be a button
    watchMath(element);
  };

  Object.assign(Report, { mathematics, written, responseView, markWords });
})();
