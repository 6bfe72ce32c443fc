// What every script of the page shares: the index, the packed texts, and a few helpers. The scripts run in the order of
// SCRIPTS in util/report/page_scripts.py. All text from models and datasets is set as textContent, never as HTML.
"use strict";
window.Report = (() => {
  const NAMES = { r: "right", w: "wrong", t: "truncated", n: "no answer", u: "not judged", e: "failed" };
  const CLASSES = { r: "right", w: "wrong", t: "truncated", n: "noanswer", u: "unjudged", e: "failed" };
  const $ = (id) => document.getElementById(id);
  const index = JSON.parse($("index").textContent);
  const chunks = [...document.querySelectorAll("script.chunk")];
  const cache = new Map();

  const unpacked = async (number) => {
    if (cache.has(number)) return cache.get(number);
    const packed = Uint8Array.from(atob(chunks[number].textContent), (c) => c.charCodeAt(0));
    const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
    const problems = JSON.parse(await new Response(stream).text());
    if (cache.size > 8) cache.delete(cache.keys().next().value);
    cache.set(number, problems);
    return problems;
  };

  // The texts of problem i: {prompt, responses: [{t: temperature, v: verdict code, c: text, p: rewritten text,
  // n: tokens, reason, e: evidence}]}; p and e only where there are some.
  const contents = async (i) => (await unpacked(index.problems[i].c))[index.problems[i].o];

  const make = (tag, className, text) => {
    const element = document.createElement(tag);
    if (className) element.className = className;
    if (text !== undefined) element.textContent = text;
    return element;
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

  // Functions that other scripts add. problem: called with (body, texts, i) when problem i was opened and filled.
  // list: called with the shown positions in index.problems when the list was drawn.
  const hooks = { problem: [], list: [] };

  return { NAMES, CLASSES, $, index, contents, make, fold, hooks };
})();
