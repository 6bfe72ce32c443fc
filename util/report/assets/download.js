// Copies, and the filtered rows as files.
"use strict";
(() => {
  const { index, contents, rowOf, state } = Report;

  // Returns whether the text was copied.
  const copy = async (text) => {
    try {
      await navigator.clipboard.writeText(text);
      return true;
    } catch {
      // No permission, or an address that is not a secure context: the older way.
      const area = document.createElement("textarea");
      area.value = text;
      const focused = document.activeElement;
      document.body.append(area);
      area.select();
      const done = document.execCommand("copy");
      area.remove();
      focused?.focus();
      return done;
    }
  };

  // A cell of a CSV file. A spreadsheet would run a text that begins as a formula does: it gets an apostrophe before it.
  const cell = (value) => {
    let text = value === null || value === undefined ? "" : String(value);
    const number = typeof value === "number" || /^-?\d+(\.\d+)?$/.test(text);
    if (!number && /^[\s\uFEFF]*[=+\-@\uFF1D\uFF0B\uFF0D\uFF20]|^[\t\r]/.test(text)) text = `'${text}`;
    return /[",;\t\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };

  const record = (i) => {
    const row = rowOf(i, state.t);
    return {
      id: index.problems[i].id, file: index.files[index.problems[i].s], question: row.question, level: row.level,
      subject: row.subject, source: row.source, temperature: row.temperature, gold: row.gold, answer: row.answer,
      samples: row.samples, right: row.right, share_right: row.share, agreement: row.agreement, mean_tokens: row.tokens,
      verdicts: [...row.codes].map((code) => Report.NAMES[code]).join(" | "),
    };
  };

  const csv = (places) => {
    const rows = places.map(record);
    const heads = Object.keys(record(0));
    return [`\uFEFF${[heads, ...rows.map((row) => heads.map((head) => row[head]))].map((row) => row.map(cell).join(",")).join("\r\n")}\r\n`];
  };

  // Some readers take these characters, which JSON leaves as they are, for ends of lines.
  const json = (value) =>
    JSON.stringify(value).replace(/[\u0085\u2028\u2029]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`);

  // A line per problem, with its full texts.
  const jsonl = async (places, progress) => {
    const parts = [];
    for (const [number, i] of places.entries()) {
      const { prompt, responses } = await contents(i);
      const shown = responses.filter(({ t }) => !state.t || t === state.t).map((r) => ({
        temperature: Number(r.t), sample: r.i + 1, verdict: Report.NAMES[r.v], reason: r.reason, tokens: r.n, content: r.c,
        ...(r.p ? { rewritten: r.p } : {}), ...(r.e ? { evidence: r.e } : {}),
      }));
      parts.push(`${json({ ...record(i), prompt, responses: shown })}\n`);
      if (number % 100 === 99) progress((number + 1) / places.length);
    }
    return parts;
  };

  const save = (parts, name, type) => {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob(parts, { type }));
    link.download = name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
  };

  // The shown problems, in their order, as "csv" or "jsonl".
  const download = async (places, kind) => {
    if (!places.length) return Report.announce("No problem matches the filters: there is nothing to download.");
    const told = (share) => Report.announce(`Preparing the file: ${Math.round(100 * share)} %`);
    const parts = kind === "csv" ? csv(places) : await jsonl(places, told);
    save(parts, `${document.title.replace(/[^\p{L}\p{N}.-]+/gu, "_").slice(0, 80)}.${kind}`, kind === "csv" ? "text/csv" : "application/jsonl");
    Report.announce(`${places.length.toLocaleString("en")} problems written as ${kind.toUpperCase()}.`);
  };

  Object.assign(Report, { copy, download, csvCell: cell });
})();
