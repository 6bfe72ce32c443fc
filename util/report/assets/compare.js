// Two runs: pairs of problems, what changed between them, and the responses of both next to each other. A problem of one
// file and that of the other have the same hash of their key before the dot of their ids.
"use strict";
(async () => {
  const { $, index, ready, contents, make, fold, button, written, responseView, announce } = Report;
  const PER_PAGE = 25;
  const FILTERS = ["change", "pair", "search"];
  await ready;
  const pairs = JSON.parse($("pairs").textContent);

  // Samples of a problem at a temperature, as places in its arrays.
  const samples = (problem, temperature) =>
    [...problem.v].map((_, k) => k).filter((k) => (Array.isArray(problem.t) ? problem.t[k] : problem.t) === temperature);

  const side = (i, temperature) => {
    const problem = index.problems[i];
    const chosen = samples(problem, temperature);
    const codes = chosen.map((k) => problem.v[k]);
    return { i, chosen, codes, share: codes.filter((code) => code === "r").length / codes.length };
  };

  const rows = pairs.flatMap((pair, number) => {
    const partners = new Map();
    index.problems.forEach((problem, i) => { if (problem.s === pair.sections[1]) partners.set(problem.id.split(".")[0], i); });
    return index.problems.flatMap((problem, i) => {
      const name = problem.id.split(".")[0];
      if (problem.s !== pair.sections[0] || !partners.has(name)) return [];
      const both = [side(i, pair.temperatures[0]), side(partners.get(name), pair.temperatures[1])];
      if (!both[0].codes.length || !both[1].codes.length) return [];
      return [{ id: `${problem.id}-${pair.temperatures.join("-")}`, pair: number, question: problem.q, both, difference: both[1].share - both[0].share }];
    });
  });
  rows.sort((a, b) => Math.abs(b.difference) - Math.abs(a.difference));

  const KEEP = {
    "": () => true,
    flips: (row) => row.difference !== 0,
    better: (row) => row.difference > 0,
    worse: (row) => row.difference < 0,
    right: (row) => row.both.every((each) => each.share === 1),
    wrong: (row) => row.both.every((each) => each.share === 0),
  };

  let found = [], page = 0, opened = "";
  const percent = (share) => `${Math.round(100 * share)} %`;

  const writeAddress = () => {
    const hash = new URLSearchParams();
    for (const name of FILTERS) if ($(name).value !== (name === "change" ? "flips" : "")) hash.set(name, $(name).value);
    if (opened) hash.set("p", opened);
    history.replaceState(null, "", `#${hash}`);
  };

  const column = (row, which, problem) => {
    const box = make("section");
    const { chosen, share } = row.both[which];
    box.append(make("h3", "", `${"AB"[which]}: ${percent(share)} right of ${chosen.length}`));
    for (const k of chosen) box.append(responseView(problem.responses[k], k, problem));
    return box;
  };

  const fill = async (details, row) => {
    const [a, b] = await Promise.all(row.both.map((each) => contents(each.i)));
    const tools = make("div", "tools");
    tools.append(button("Copy link", async () => {
      try {
        await navigator.clipboard.writeText(location.href.split("#")[0] + `#p=${row.id}`);
        announce("The link is copied.");
      } catch {
        announce("The browser does not allow to copy; the address bar has the link.");
      }
    }, "small"));
    const prompt = fold("prompt", () => written(a.prompt));
    prompt.classList.add("prompt");
    const sides = make("div", "sides");
    sides.append(column(row, 0, a), column(row, 1, b));
    details.append(tools, prompt, sides);
  };


  const view = (row) => {
    const details = make("details", "pair");
    details.id = row.id;
    const summary = make("summary");
    const change = make("span", "change");
    const kind = row.difference > 0 ? "better" : row.difference < 0 ? "worse" : "";
    const sign = { better: "▲ B better", worse: "▼ A better", "": "= same" }[kind];
    change.append(make("b", kind, sign), ` A ${percent(row.both[0].share)} → B ${percent(row.both[1].share)}`);
    if (pairs.length > 1) change.append(" ", make("small", "", pairs[row.pair].name));
    summary.append(make("span", "question", row.question), change);
    details.append(summary);
    details.addEventListener("toggle", () => {
      if (details.open && details.childElementCount === 1) fill(details, row);
      if (details.open) opened = row.id;
      else if (opened === row.id) opened = "";
      writeAddress();
    });
    return details;
  };

  const pages = () => Math.max(1, Math.ceil(found.length / PER_PAGE));
  const show = () => {
    page = Math.min(page, pages() - 1);
    $("pairs-list").replaceChildren(...found.slice(page * PER_PAGE, (page + 1) * PER_PAGE).map(view));
    $("count").textContent = `${found.length.toLocaleString("en")} of ${rows.length.toLocaleString("en")} problems`;
    $("page").textContent = `page ${page + 1} of ${pages()}`;
    $("back").disabled = page === 0;
    $("next").disabled = page === pages() - 1;
  };

  const filter = () => {
    const words = $("search").value.toLowerCase().split(/\s+/).filter(Boolean);
    const keep = KEEP[$("change").value];
    const pair = $("pair").value;
    found = rows.filter((row) => keep(row) && (pair === "" || row.pair === Number(pair)) &&
      words.every((word) => row.question.toLowerCase().includes(word)));
    page = 0;
    show();
  };

  let waiting; // of a search that is being typed
  const changed = () => { clearTimeout(waiting); opened = ""; filter(); writeAddress(); };

  const fromAddress = () => {
    const hash = new URLSearchParams(location.hash.slice(1));
    for (const name of FILTERS) {
      $(name).value = hash.get(name) ?? (name === "change" ? "flips" : "");
      if ($(name).value === "" && name === "change" && hash.get(name)) $(name).value = "flips";
    }
    filter();
    const wanted = hash.get("p");
    if (!wanted) return;
    let place = found.findIndex((row) => row.id === wanted);
    if (place < 0) {
      Object.assign($("change"), { value: "" });
      for (const name of ["pair", "search"]) $(name).value = "";
      filter();
      place = found.findIndex((row) => row.id === wanted);
    }
    if (place < 0) return announce("This page does not have the problem of the link.");
    page = Math.floor(place / PER_PAGE);
    show();
    const details = $(wanted);
    details.open = true;
    details.querySelector("summary").focus({ preventScroll: true });
    details.scrollIntoView({ block: "start" });
  };

  $("search").addEventListener("input", () => { clearTimeout(waiting); waiting = setTimeout(changed, 200); });
  for (const name of ["change", "pair"]) $(name).addEventListener("change", changed);
  $("math").addEventListener("change", show);
  const turn = (step) => { page += step; show(); $("browse").scrollIntoView(); };
  $("back").addEventListener("click", () => turn(-1));
  $("next").addEventListener("click", () => turn(1));
  window.addEventListener("hashchange", fromAddress);
  fromAddress();
})();
