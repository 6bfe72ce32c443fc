// The list of problems at work: search, filters, order, pages, links.
"use strict";
(() => {
  const PER_PAGE = 20;
  const { $, NAMES, index, state, make, mark, rowOf, sorted, scan, keeps, words, announce } = Report;
  let found = [];
  let search = 0;

  const matching = async () => {
    const mine = ++search;
    const wanted = words();
    const keep = keeps();
    const kept = [...index.problems.keys()].filter(keep);
    if (!wanted.length) return kept;
    const inQuestion = (i) => wanted.every((word) => index.problems[i].q.toLowerCase().includes(word));
    if (!state.deep) return kept.filter(inQuestion);
    const progress = (share) => { $("count").textContent = `searching … ${Math.round(100 * share)} %`; };
    $("count").setAttribute("aria-busy", "true"); // so that only the result is read out
    const inTexts = await scan(wanted, kept, () => mine !== search, progress);
    return inTexts && kept.filter((i) => inTexts.has(i));
  };

  const showVerdicts = () => {
    const counts = {};
    for (const i of found) for (const code of rowOf(i, state.t).codes) counts[code] = (counts[code] || 0) + 1;
    $("verdicts").replaceChildren(...Object.entries(NAMES).map(([code, name]) => {
      const item = make("li");
      item.append(mark(code), make("span", "", `${name} `), make("b", "", (counts[code] || 0).toLocaleString("en")));
      return item;
    }));
  };

  const pages = () => Math.max(1, Math.ceil(found.length / PER_PAGE));

  const show = () => {
    const page = Math.min(Number(state.page), pages());
    state.page = String(page);
    $("count").removeAttribute("aria-busy");
    Report.drawRows(found.slice((page - 1) * PER_PAGE, page * PER_PAGE));
    $("count").textContent = `${found.length.toLocaleString("en")} of ${index.problems.length.toLocaleString("en")} problems`;
    $("nothing").hidden = found.length > 0;
    $("page").textContent = `page ${page} of ${pages()}`;
    $("back").disabled = page === 1;
    $("next").disabled = page === pages();
    showVerdicts();
    Report.writeAddress();
  };

  // Filters, sorts and draws again; false if another change came in between.
  const refresh = async () => {
    const fits = await matching();
    if (!fits) return false;
    found = sorted(fits, state.sort, state.t);
    show();
    return true;
  };

  const changed = () => {
    Report.readControls();
    Object.assign(state, { p: "", s: "" });
    return refresh();
  };

  const toggle = async (i) => {
    const { id } = index.problems[i];
    const line = Report.lineOf(id);
    const open = !line.classList.contains("open");
    Object.assign(state, open ? { p: id, s: "" } : { p: "", s: "" });
    Report.writeAddress();
    await Report.toggled(line, i, open);
  };

  // The place of a linked problem. The part after the dot names its file: without it, any file with the problem will do.
  const linked = (id) => {
    const exact = index.problems.findIndex((problem) => problem.id === id);
    return exact >= 0 ? exact : index.problems.findIndex((problem) => problem.id.split(".")[0] === id.split(".")[0]);
  };

  // Opens the problem and sample of the address, scrolls there, and gives it the focus.
  const openLinked = async () => {
    const { p, s } = state;
    if (!p) return;
    const i = linked(p);
    if (i < 0) {
      Object.assign(state, { p: "", s: "" });
      Report.writeAddress();
      return announce("This page does not have the problem of the link.");
    }
    if (!found.includes(i)) {
      Report.reset();
      await refresh();
      announce("The filters were removed, since they hide the problem of the link.");
    }
    state.page = String(Math.floor(found.indexOf(i) / PER_PAGE) + 1);
    show();
    const line = Report.lineOf(index.problems[i].id);
    const body = await Report.toggled(line, i, true);
    const sample = s && body.sampleNamed(s);
    if (s && !sample) announce("This page does not have the sample of the link; here is its problem.");
    const target = sample || line;
    (sample || line.querySelector(".question")).focus({ preventScroll: true });
    target.scrollIntoView({ block: "start" });
  };

  const fromAddress = async () => {
    Report.readAddress();
    if (await refresh()) await openLinked();
  };

  // Draws again, and leaves the problem of the address open.
  const redraw = () => {
    show();
    const line = state.p && Report.lineOf(state.p);
    if (line) return Report.toggled(line, linked(state.p), true);
  };

  const sort = (id, numeric) => {
    const order = numeric ? [`-${id}`, id, ""] : [id, `-${id}`, ""];
    $("sort").value = order[(order.indexOf(state.sort) + 1) % 3];
    return changed();
  };

  const turn = (step) => {
    Object.assign(state, { page: String(Number(state.page) + step), p: "", s: "" });
    show();
    $("browse").scrollIntoView();
  };

  // Up and down go from question to question, Escape closes the one that has the focus.
  const keys = (event) => {
    const question = event.target.closest("tr.problem .question");
    const detail = event.target.closest("tr.detail");
    if (question && (event.key === "ArrowDown" || event.key === "ArrowUp")) {
      const all = [...$("problems").querySelectorAll(".question")];
      all[all.indexOf(question) + (event.key === "ArrowDown" ? 1 : -1)]?.focus();
      event.preventDefault();
    } else if (event.key === "Escape" && (detail || question?.getAttribute("aria-expanded") === "true")) {
      const toClose = detail ? detail.previousElementSibling.querySelector(".question") : question;
      toClose.focus();
      toClose.click();
    }
  };

  const start = async () => {
    await Report.ready;
    Report.fillControls();
    Report.drawHead(sort);
    let waiting;
    const soon = () => { clearTimeout(waiting); waiting = setTimeout(changed, 200); };
    $("search").addEventListener("input", soon);
    for (const input of document.querySelectorAll("#filters input")) input.addEventListener("input", soon);
    for (const select of [...document.querySelectorAll("#filters select"), $("deep")]) select.addEventListener("change", changed);
    $("math").addEventListener("change", redraw);
    $("reset").addEventListener("click", () => { Report.reset(); $("search").focus(); return changed(); });
    $("back").addEventListener("click", () => turn(-1));
    $("next").addEventListener("click", () => turn(1));
    for (const kind of ["csv", "jsonl"]) $(kind).addEventListener("click", () => Report.download(found, kind));
    $("problems").addEventListener("keydown", keys);
    window.addEventListener("hashchange", fromAddress);
    await fromAddress();
  };

  Object.assign(Report, { toggle });
  start();
})();
