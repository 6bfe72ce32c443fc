// The state of the list: filters, order, page and the open problem. It is kept in the address (#...), so that a link shows
// the same; the controls show it and change it.
"use strict";
(() => {
  const { $, index, make, rowOf, temperatures, columns } = Report;
  const FACETS = ["level", "subject", "source"];
  const SELECTS = ["verdict", "file", ...FACETS, "t"];
  const RANGES = ["tokens", "agree"];
  const MOST = 1000; // values of a select
  const EMPTY = {
    q: "", deep: "", ...Object.fromEntries([...SELECTS, ...RANGES].map((name) => [name, ""])), sort: "", page: "1", p: "", s: "",
  };
  const state = { ...EMPTY };

  const VERDICTS = {
    solved: (codes) => codes.includes("r"),
    unsolved: (codes) => codes !== "" && !codes.includes("r"),
    mixed: (codes) => codes.includes("r") && /[^r]/.test(codes),
  };

  const between = (range, scale) => {
    const [, low, high] = range.match(/^(\d*)-(\d*)$/);
    const [from, to] = [low === "" ? -Infinity : low / scale, high === "" ? Infinity : high / scale];
    return (value) => value >= from && value <= to;
  };

  // A test of a problem's place for everything but the words. Conditions on samples (one verdict, tokens, temperature)
  // must hold of one and the same sample.
  const keeps = () => {
    const section = state.file === "" ? -1 : index.ids.indexOf(state.file);
    const tokens = state.tokens && between(state.tokens, 1);
    const agree = state.agree && between(state.agree, 100);
    return (i) => {
      const problem = index.problems[i];
      if (section >= 0 && problem.s !== section) return false;
      if (FACETS.some((name) => state[name] && problem[name] !== state[name])) return false;
      if (state.t && !temperatures(problem).includes(state.t)) return false;
      const row = rowOf(i, state.t);
      if (agree && (row.agreement === null || !agree(Math.round(100 * row.agreement) / 100))) return false;
      const ofAll = VERDICTS[state.verdict];
      if (ofAll && !ofAll(row.codes)) return false;
      const code = ofAll ? "" : state.verdict;
      return (!tokens && !code) || row.each.some((n, k) => (!tokens || tokens(n)) && (!code || row.codes[k] === code));
    };
  };

  const words = () => (state.q.toLowerCase().match(/"[^"]+"|\S+/g) || []).map((word) => word.replace(/^"|"$/g, ""));

  // Address -> state. What this page does not know is left out.
  const readAddress = () => {
    const given = new URLSearchParams(location.hash.slice(1));
    Object.assign(state, EMPTY);
    for (const name of Object.keys(EMPTY)) if (given.has(name)) state[name] = given.get(name);
    for (const name of SELECTS) {
      if (![...$(name).options].some(({ value }) => value === state[name])) state[name] = "";
    }
    for (const name of RANGES) if (!/^(\d+-\d*|\d*-\d+)$/.test(state[name])) state[name] = "";
    if (!columns().some(({ id }) => id === state.sort.replace(/^-/, ""))) state.sort = "";
    if (!/^[1-9]\d{0,8}$/.test(state.page)) state.page = "1";
    showControls();
  };

  const writeAddress = () => {
    const kept = Object.entries(state).filter(([name, value]) => value !== EMPTY[name]);
    history.replaceState(null, "", `#${new URLSearchParams(kept)}`);
  };

  const linkTo = (p, s) => `${location.href.split("#")[0]}#${new URLSearchParams(s ? { p, s } : { p })}`;

  const active = () => [...SELECTS, ...RANGES].filter((name) => state[name]).length;

  const showControls = () => {
    $("search").value = state.q;
    $("deep").checked = state.deep !== "";
    for (const name of [...SELECTS, "sort"]) $(name).value = state[name];
    for (const name of RANGES) {
      const [low, high] = (state[name] || "-").split("-");
      [$(`${name}-low`).value, $(`${name}-high`).value] = [low, high];
    }
    showActive();
  };

  const showActive = () => {
    $("active").textContent = active() ? ` (${active()})` : "";
    $("reset").hidden = !active() && !state.q && !state.sort;
  };

  const readControls = () => {
    state.q = $("search").value;
    state.deep = $("deep").checked ? "1" : "";
    for (const name of [...SELECTS, "sort"]) state[name] = $(name).value;
    for (const name of RANGES) {
      const [low, high] = ["low", "high"].map((end) => $(`${name}-${end}`).value.replace(/\D/g, ""));
      state[name] = low || high ? `${low}-${high}` : "";
    }
    state.page = "1";
    showActive();
  };

  const reset = () => {
    Object.assign(state, EMPTY, { p: state.p, s: state.s });
    showControls();
  };

  const options = (name, counts, label) => {
    const kept = [...counts].sort((a, b) => b[1] - a[1]).slice(0, MOST);
    const order = new Intl.Collator("en", { numeric: true });
    kept.sort(([a], [b]) => order.compare(label(a), label(b)));
    for (const [value, count] of kept) {
      const option = make("option", "", `${label(value)} (${count.toLocaleString("en")})`);
      option.value = value;
      $(name).append(option);
    }
    $(name).closest(".field").hidden = counts.size < 2;
  };

  // Fills the selects with the values that the problems have, and hides what would not tell them apart.
  const fillControls = () => {
    const count = (values) => {
      const counts = new Map();
      for (const problem of index.problems) for (const value of values(problem)) counts.set(value, (counts.get(value) || 0) + 1);
      return counts;
    };
    const titles = new Map(index.ids.map((id, place) => [id, index.sections[place]]));
    options("file", count((problem) => [index.ids[problem.s]]), (id) => titles.get(id));
    for (const name of FACETS) options(name, count((problem) => (problem[name] ? [problem[name]] : [])), (value) => value);
    options("t", count(temperatures), (value) => value);
    $("agree").hidden = !columns().some(({ id }) => id === "agreement");
    for (const { id, head, numeric } of columns()) {
      for (const [sign, words] of numeric ? [["-", "high to low"], ["", "low to high"]] : [["", "A to Z"], ["-", "Z to A"]]) {
        const option = make("option", "", `${head}, ${words}`);
        option.value = sign + id;
        $("sort").append(option);
      }
    }
  };

  Object.assign(Report, { state, keeps, words, readAddress, writeAddress, linkTo, readControls, showControls, fillControls, reset });
})();
