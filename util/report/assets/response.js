// How one response is shown: Report.written(text) for any text, Report.responseView(response, number, problem) for a
// response with its verdict and evidence.
"use strict";
(() => {
  const { NAMES, CLASSES, $, make, fold } = Report;

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

  // response: an item of problem.responses, number: its place there. problem: what Report.contents returned.
  const responseView = (response, number, problem) => {
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

  Object.assign(Report, { mathematics, written, responseView });
})();
