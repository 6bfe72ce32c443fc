// What the list shows of each problem, which depends on the chosen temperature, and its columns.
"use strict";
(() => {
  const { index, NAMES } = Report;
  const rows = new Map(); // temperature, "" for all -> rows by place

  const temperatures = (problem) => (Array.isArray(problem.t) ? [...new Set(problem.t)] : [problem.t]);

  // The samples of a problem that are shown, as places in its arrays.
  const samples = (problem, temperature) => {
    const all = [...problem.n.keys()];
    return temperature && Array.isArray(problem.t) ? all.filter((k) => problem.t[k] === temperature) : all;
  };

  // The most frequent answer, and the share of the samples that gave it; the share is null for a single sample.
  const vote = (problem, chosen) => {
    const counts = new Map();
    for (const k of chosen) if (problem.b && problem.b[k] >= 0) counts.set(problem.b[k], (counts.get(problem.b[k]) || 0) + 1);
    let [best, most] = [-1, 0];
    for (const [answer, count] of counts) if (count > most) [best, most] = [answer, count];
    const share = problem.b && chosen.length > 1 ? most / chosen.length : null;
    return [best < 0 ? "" : problem.w[best], share];
  };

  const rowOf = (i, temperature) => {
    if (!rows.has(temperature)) rows.set(temperature, []);
    const known = rows.get(temperature);
    if (known[i]) return known[i];
    const problem = index.problems[i];
    const chosen = samples(problem, temperature);
    const codes = chosen.map((k) => problem.v[k]).join("");
    const [answer, agreement] = vote(problem, chosen);
    const right = codes.split("r").length - 1;
    const row = {
      i, codes, answer, agreement, right,
      samples: chosen.length,
      share: chosen.length ? right / chosen.length : null,
      tokens: chosen.length ? chosen.reduce((sum, k) => sum + problem.n[k], 0) / chosen.length : null,
      each: chosen.map((k) => problem.n[k]),
      question: problem.q, gold: problem.g || "", level: problem.level || "", subject: problem.subject || "",
      source: problem.source || "", temperature: temperature || temperatures(problem).join(", "),
      file: index.sections[problem.s],
    };
    return (known[i] = row);
  };

  const percent = (share) => `${Math.round(100 * share)} %`;
  const counted = (codes) =>
    Object.entries(NAMES).map(([code, name]) => [codes.split(code).length - 1, name]).filter(([count]) => count)
      .map(([count, name]) => `${count} ${name}`).join(", ");

  // In the order of the list. value: what is sorted by. numeric: the highest first. wide: only where there is room.
  const COLUMNS = [
    { id: "question", head: "Problem", value: (row) => row.question },
    { id: "share", head: "Verdicts", value: (row) => row.share, numeric: true },
    { id: "answer", head: "Answer", value: (row) => row.answer, code: true },
    { id: "gold", head: "Gold", value: (row) => row.gold, code: true },
    { id: "agreement", head: "Agree", value: (row) => row.agreement, shown: percent, numeric: true,
      note: "share of the samples with the most frequent answer" },
    { id: "tokens", head: "Tokens", value: (row) => row.tokens, numeric: true, note: "mean of the samples",
      shown: (tokens) => Math.round(tokens).toLocaleString("en") },
    { id: "level", head: "Level", value: (row) => row.level, several: true },
    { id: "subject", head: "Subject", value: (row) => row.subject, several: true, wide: true },
    { id: "source", head: "Source", value: (row) => row.source, several: true, wide: true },
    { id: "temperature", head: "Temp.", value: (row) => row.temperature, several: true, wide: true },
    { id: "file", head: "File", value: (row) => row.file, several: true, wide: true },
  ];

  // Those with a value; of those that tell groups apart, the ones with several. To be called when the index is there.
  let known = null;
  const columns = () => (known ||= COLUMNS.filter(({ id, value, several }) => {
    const values = new Set(index.problems.map((_, i) => value(rowOf(i, ""))));
    values.delete("");
    values.delete(null);
    return values.size > (several ? 1 : 0) || id === "question";
  }));

  const order = new Intl.Collator("en", { numeric: true });
  // sort: a column, with "-" before it for descending order. Rows without a value come last.
  const sorted = (places, sort, temperature) => {
    const column = COLUMNS.find(({ id }) => id === sort.replace(/^-/, ""));
    if (!column) return places;
    const sign = sort.startsWith("-") ? -1 : 1;
    const empty = (value) => value === "" || value === null;
    return places.map((i) => [i, column.value(rowOf(i, temperature))]).sort(([i, a], [j, b]) => {
      if (empty(a) || empty(b)) return empty(a) - empty(b) || i - j;
      return sign * (column.numeric ? a - b : order.compare(a, b)) || i - j;
    }).map(([i]) => i);
  };

  Object.assign(Report, { rowOf, columns, sorted, temperatures, counted, percent });
})();
