// Shows where an opened problem has the words that are searched for.
"use strict";
(() => {
  const { $, hooks, words } = Report;
  const MOST = 2000; // marked places
  const RECENT = new Set(); // bodies that are open

  const textsOf = (element) => {
    const walker = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
    const nodes = [];
    while (walker.nextNode()) nodes.push(walker.currentNode);
    return nodes;
  };

  // Marks without a change of the document, so that texts stay as other scripts made them.
  const markAll = () => {
    if (!window.Highlight || !CSS.highlights) return;
    const wanted = words().filter(Boolean);
    const ranges = [];
    for (const body of RECENT) if (!body.isConnected) RECENT.delete(body);
    for (const node of wanted.length ? [...RECENT].flatMap(textsOf) : []) {
      const text = node.data.toLowerCase();
      if (text.length !== node.data.length) continue; // a letter that changes its length: places would be wrong
      for (const word of wanted) {
        for (let place = text.indexOf(word); place >= 0 && ranges.length < MOST; place = text.indexOf(word, place + word.length)) {
          const range = new Range();
          range.setStart(node, place);
          range.setEnd(node, place + word.length);
          ranges.push(range);
        }
      }
    }
    CSS.highlights.set("found", new Highlight(...ranges));
  };

  // Whether a response has one of the words.
  const isIn = (response) => {
    const text = [response.c, response.p, response.reason].join("\n").toLowerCase();
    return words().some((word) => text.includes(word));
  };

  // Opens the folds of a sample if what is searched for is in none of its shown texts.
  const unfold = (view, response) => {
    if (!Report.state.deep || !isIn(response)) return;
    const shown = view.textContent.toLowerCase();
    if (!words().some((word) => shown.includes(word))) for (const fold of view.querySelectorAll("details")) fold.open = true;
  };

  hooks.problem.push((body) => { RECENT.add(body); markAll(); });
  hooks.list.push(markAll);
  $("problems").addEventListener("toggle", markAll, true); // a fold that was filled: these events do not bubble

  Object.assign(Report, { isIn, unfold });
})();
