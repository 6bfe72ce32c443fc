// What every script of the page shares: the index, the packed texts, and a few helpers. The scripts run in the order of
// SCRIPTS in util/report/page_scripts.py, before the browser has read the texts. All text from models and datasets is set
// as textContent, never as HTML.
"use strict";
Object.assign(Report, (() => {
  const NAMES = { r: "right", w: "wrong", t: "truncated", n: "no answer", u: "not judged", e: "failed" };
  const CLASSES = { r: "right", w: "wrong", t: "truncated", n: "noanswer", u: "unjudged", e: "failed" };
  const KEPT = 1 << 27; // UTF-16 units of unpacked text that are kept in memory
  const { unpackedText, unpackers } = Report;
  const $ = (id) => document.getElementById(id);

  // {sections: titles, ids, files: paths, problems: see ``listed`` in util/report/packed.py}; filled when ``ready`` is.
  const index = { sections: [], ids: [], files: [], problems: [] };
  const ready = unpackedText($("index")).then((text) => Object.assign(index, JSON.parse(text)));

  const read = new Promise((done) => {
    if (document.readyState !== "loading") done();
    else document.addEventListener("DOMContentLoaded", done);
  });
  const cache = new Map();
  let kept = 0;

  const lengths = (problem) =>
    [problem.prompt, ...problem.responses.flatMap((r) => [r.c, r.reason || 0, r.p || 0])];

  // A chunk: {problems: as packed.py writes them, text, starts: where the texts of each problem begin}.
  const unpacked = async (number, unpack = unpackedText) => {
    if (cache.has(number)) return cache.get(number);
    await read;
    const text = await unpack(document.getElementsByClassName("chunk")[number]);
    const end = text.indexOf("\n");
    const problems = JSON.parse(text.slice(0, end));
    const starts = [end + 1];
    for (const problem of problems) starts.push(lengths(problem).reduce((a, b) => a + b, starts.at(-1)));
    const chunk = { problems, text, starts };
    for (const [old, { text: gone }] of cache) {
      if (kept + text.length <= KEPT) break;
      cache.delete(old);
      kept -= gone.length;
    }
    if (!cache.has(number)) kept += text.length;
    cache.set(number, chunk);
    return chunk;
  };

  // The texts of problem i: {prompt, responses: [{t: temperature, i: number at that temperature from 0, v: verdict code,
  // c: text, p: rewritten text, n: tokens, reason, e: evidence}]}; p and e only where there are some.
  const contents = async (i) => {
    const { problems, text, starts } = await unpacked(index.problems[i].c);
    const packed = problems[index.problems[i].o];
    let place = starts[index.problems[i].o];
    const next = (length) => text.slice(place, (place += length || 0));
    const prompt = next(packed.prompt);
    const responses = packed.responses.map((r) => {
      const response = { ...r, c: next(r.c), reason: next(r.reason) };
      if (r.p) response.p = next(r.p);
      return response;
    });
    return { prompt, responses };
  };

  // Which of the problems ``wanted`` (places in index.problems) have every word in question, prompt, responses or
  // reasons; null as soon as ``abandoned()``. progress: called with the share that is done.
  const scan = async (words, wanted, abandoned, progress) => {
    const byChunk = new Map();
    for (const i of wanted) {
      const { c } = index.problems[i];
      if (!byChunk.has(c)) byChunk.set(c, []);
      byChunk.get(c).push(i);
    }
    const found = new Set();
    const pending = [...byChunk];
    let done = 0;
    const work = async (unpack) => {
      while (pending.length && !abandoned()) {
        const [number, inside] = pending.shift();
        const { text, starts } = await unpacked(number, unpack);
        for (const i of inside) {
          const { q, o } = index.problems[i];
          const texts = `${q}\n${text.slice(starts[o], starts[o + 1])}`.toLowerCase();
          if (words.every((word) => texts.includes(word))) found.add(i);
        }
        progress(++done / byChunk.size);
      }
    };
    await Promise.all(unpackers().map(work));
    return abandoned() ? null : found;
  };

  const make = (tag, className, text) => {
    const element = document.createElement(tag);
    if (className) element.className = className;
    if (text !== undefined) element.textContent = text;
    return element;
  };

  const button = (label, act, className) => {
    const element = make("button", className, label);
    element.type = "button";
    element.addEventListener("click", act);
    return element;
  };

  // The shape of a verdict, in its colour. The shapes are in util/report/controls.py.
  const mark = (code) => {
    const drawing = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
    use.setAttribute("href", `#mark-${code}`);
    drawing.setAttribute("class", `verdict-mark ${CLASSES[code]}`);
    drawing.setAttribute("aria-hidden", "true");
    drawing.append(use);
    return drawing;
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

  // Shows a message, and has screen readers say it.
  let clearing;
  const announce = (text) => {
    $("message").textContent = text;
    clearTimeout(clearing);
    clearing = setTimeout(() => { $("message").textContent = ""; }, 6000);
  };

  // Functions that other scripts add. problem: called with (body, texts, i) when problem i was opened and filled.
  // list: called with the shown places in index.problems when the list was drawn.
  const hooks = { problem: [], list: [] };

  return { NAMES, CLASSES, $, index, ready, contents, scan, make, button, mark, fold, announce, hooks };
})());
