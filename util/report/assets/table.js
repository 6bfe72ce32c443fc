// The list as a table, and what opens below a row: the problem's texts and its samples.
"use strict";
(() => {
  const { $, NAMES, index, contents, make, button, mark, fold, hooks, written, responseView } = Report;
  const { state, rowOf, columns, counted, linkTo } = Report;
  const MARKS = 12; // marks in a row; for more samples, a mark per verdict with its count
  const SAMPLES = 8; // samples shown at once when a problem is opened

  const sampleName = (response) => `${response.t}-${response.i + 1}`;

  // what: "question", "response" or "link".
  const copyButton = (what, text) => button(`Copy ${what}`, async () => {
    const done = await Report.copy(await text());
    Report.announce(done ? `The ${what} is copied.` : "The browser did not allow to copy. Select the text and copy it.");
  }, "small");

  const marks = (row) => {
    const box = make("span", "marks");
    const several = row.codes.length > MARKS;
    for (const code of several ? Object.keys(NAMES).filter((name) => row.codes.includes(name)) : row.codes) {
      box.append(mark(code));
      if (several) box.append(make("span", "", `${row.codes.split(code).length - 1}`));
    }
    box.setAttribute("role", "img");
    box.setAttribute("aria-label", counted(row.codes) || "no sample");
    box.title = counted(row.codes);
    return box;
  };

  const sampleView = (problem, response, number, i) => {
    const view = make("section", "sample");
    view.dataset.sample = sampleName(response);
    view.tabIndex = -1;
    view.setAttribute("aria-label", `Sample ${response.i + 1}, temperature ${response.t}: ${NAMES[response.v]}`);
    const tools = make("div", "tools");
    tools.append(
      copyButton("response", () => response.p || response.c),
      copyButton("link", () => linkTo(index.problems[i].id, sampleName(response))),
    );
    view.append(responseView(response, number, problem), tools);
    view.querySelector(".badge")?.prepend(mark(response.v));
    Report.unfold(view, response);
    return view;
  };

  // Buttons that lead to each sample; they also show what became of it.
  const jumps = (problem, show) => {
    const list = make("div", "jumps");
    list.setAttribute("role", "group");
    list.setAttribute("aria-label", "Samples");
    problem.responses.forEach((response, number) => {
      const jump = button("", () => show(number).focus(), "small");
      jump.append(mark(response.v), make("span", "", `${number + 1}`));
      const found = state.deep && Report.isIn(response);
      jump.classList.toggle("found", Boolean(found));
      jump.setAttribute("aria-label", `Sample ${number + 1}: ${NAMES[response.v]}${found ? ", has a word of the search" : ""}`);
      list.append(jump);
    });
    return list;
  };

  const shownResponses = (problem) =>
    problem.responses.map((response, number) => [response, number]).filter(([{ t }]) => !state.t || t === state.t);

  const filled = async (body, i) => {
    const problem = await contents(i);
    const { id, g } = index.problems[i];
    const tools = make("div", "tools");
    tools.append(copyButton("question", () => problem.prompt), copyButton("link", () => linkTo(id)));
    const prompt = fold("prompt", () => written(problem.prompt));
    const facts = make("p", "soft", [g && `gold answer: ${g}`, index.files[index.problems[i].s]].filter(Boolean).join(" · "));
    const samples = make("div", "samples");
    const responses = shownResponses(problem);
    const views = new Map();
    const show = (number) => {
      if (!views.has(number)) more.click();
      return views.get(number);
    };
    const add = (some) => some.forEach(([response, number]) => {
      views.set(number, sampleView(problem, response, number, i));
      samples.append(views.get(number));
    });
    const more = button(`Show all ${responses.length} samples`, () => {
      more.remove();
      add(responses.slice(views.size));
    });
    if (responses.length > 1) tools.append(jumps({ responses: responses.map(([each]) => each) }, (place) => show(responses[place][1])));
    add(responses.slice(0, SAMPLES));
    body.append(facts, tools, prompt, samples);
    if (responses.length > SAMPLES) body.append(more);
    body.sampleNamed = (name) => {
      const found = responses.find(([response]) => sampleName(response) === name);
      return found && show(found[1]);
    };
    hooks.problem.forEach((hook) => hook(body, problem, i));
  };

  // Opens or closes a row; returns the body once it is filled, null when it was closed.
  const toggled = async (line, i, open) => {
    const question = line.querySelector(".question");
    const after = line.nextElementSibling;
    const isOpen = question.getAttribute("aria-expanded") === "true";
    if (isOpen === open) return open ? after.filling : null;
    question.setAttribute("aria-expanded", String(open));
    line.classList.toggle("open", open);
    if (!open) {
      after.remove();
      return null;
    }
    const detail = make("tr", "detail");
    detail.setAttribute("role", "row");
    const cell = make("td");
    cell.setAttribute("role", "cell");
    cell.colSpan = line.childElementCount;
    const body = make("div", "body");
    cell.append(body);
    detail.append(cell);
    line.after(detail);
    detail.filling = filled(body, i).then(() => body);
    return detail.filling;
  };

  const line = (i, shown) => {
    const row = rowOf(i, state.t);
    const tr = make("tr", "problem");
    tr.setAttribute("role", "row");
    tr.dataset.id = index.problems[i].id;
    for (const column of shown) {
      const cell = make(column.id === "question" ? "th" : "td", `of-${column.id}${column.wide ? " wide" : ""}`);
      cell.setAttribute("role", column.id === "question" ? "rowheader" : "cell");
      const value = column.value(row);
      const text = value === null ? "" : column.shown ? column.shown(value) : value;
      if (column.id === "question") {
        const toggle = button(row.question, () => Report.toggle(i), "question");
        toggle.setAttribute("aria-expanded", "false");
        Report.mathematics(toggle);
        cell.scope = "row";
        cell.append(toggle, make("span", "meta", meta(row, shown)));
      } else if (column.id === "share") {
        cell.append(marks(row), make("small", "", `${row.right} of ${row.samples} right`));
      } else {
        cell.append(make(column.code ? "code" : "span", "cut", text));
        if (typeof value === "string") cell.title = value;
      }
      tr.append(cell);
    }
    return tr;
  };

  // What a narrow screen does not show in columns of their own.
  const meta = (row, shown) => shown.flatMap(({ id, head, value, shown: form, numeric }) => {
    if (id === "question" || id === "share") return [];
    const found = value(row);
    if (found === "" || found === null) return [];
    return [`${["answer", "gold", "agreement", "tokens", "temperature", "level"].includes(id) ? `${head.toLowerCase()} ` : ""}${numeric && form ? form(found) : found}`];
  }).join(" · ");

  const drawHead = (sort) => {
    const row = make("tr");
    row.setAttribute("role", "row");
    for (const { id, head, note, wide, numeric } of columns()) {
      const cell = make("th", `of-${id}${wide ? " wide" : ""}`);
      cell.setAttribute("role", "columnheader");
      cell.scope = "col";
      const control = button(head, () => sort(id, numeric), "sort");
      control.append(make("span", "arrow"));
      if (note) control.title = note;
      cell.append(control);
      cell.dataset.column = id;
      row.append(cell);
    }
    $("head").replaceChildren(row);
  };

  const showOrder = () => {
    for (const cell of $("head").querySelectorAll("th")) {
      const mine = state.sort.replace(/^-/, "") === cell.dataset.column;
      if (mine) cell.setAttribute("aria-sort", state.sort.startsWith("-") ? "descending" : "ascending");
      else cell.removeAttribute("aria-sort");
    }
  };

  const drawRows = (places) => {
    const shown = columns();
    $("problems").replaceChildren(...places.map((i) => line(i, shown)));
    showOrder();
    hooks.list.forEach((hook) => hook(places));
  };

  const lineOf = (id) => [...$("problems").querySelectorAll("tr.problem")].find((tr) => tr.dataset.id === id);

  Object.assign(Report, { drawHead, drawRows, toggled, lineOf, sampleName });
})();
