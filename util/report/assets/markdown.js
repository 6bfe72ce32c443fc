// Report.markdown(text): an element with the text as Markdown. All content is set as textContent; HTML in a text is text.
// The time is linear in the length of the text: containers nest at most DEEPEST deep, and every search for an end either
// succeeds or is remembered as hopeless.
"use strict";
(() => {
  const { make } = Report;
  const DEEPEST = 12; // block quotes and lists within each other; what is deeper is text
  const LONGEST_FORMULA = 20000; // characters, delimiters included

  const FENCE = /^( *)(`{3,}|~{3,})[ \t]*([^`\n]*)$/;
  const HEADING = /^ {0,3}(#{1,6})(?:[ \t]+(.*))?$/;
  // A longer line is none: the search for its end would take quadratic time.
  const fenceOf = (line) => (line.length < 500 ? FENCE.exec(line) : null);
  const RULE = /^ {0,3}(?:(?:\*[ \t]*){3,}|(?:-[ \t]*){3,}|(?:_[ \t]*){3,})$/;
  const QUOTE = /^ {0,3}> ?/;
  const ITEM = /^( *)([-+*]|(\d{1,9})[.)])( +|$)/;
  const DELIMITER_CELL = /^\s*:?-+:?\s*$/;
  const ENVIRONMENT = "(?:equation|align|alignat|gather|multline|split|aligned|gathered|cases|array|CD|[bBpvV]?matrix|smallmatrix)\\*?";
  const BEGIN = new RegExp(`\\\\begin\\{(${ENVIRONMENT})\\}`, "y");
  const OPENING = new RegExp(`\`+|\\\\[\\[(]|\\$\\$|\\\\\\\\|\\\\begin\\{(${ENVIRONMENT})\\}`, "g");

  // ---- Mathematics: where it begins and ends in a text

  // Finds ``what`` from ``start`` on; remembers how far there is none, so that hopeless searches cost nothing.
  const finder = (text) => {
    const known = new Map(); // what -> [from, place]: no occurrence between the two; place is Infinity where there is none
    return (what, start) => {
      const [from, place] = known.get(what) || [Infinity, -1];
      if (start >= from && start <= place) return place;
      const found = text.indexOf(what, start);
      const where = found < 0 ? Infinity : found;
      known.set(what, [start, where]);
      return where;
    };
  };

  const isSpace = (c) => c === undefined || c === "" || /\s/.test(c);
  const isWord = (c) => c !== undefined && /[A-Za-z0-9]/.test(c);

  // The end of the braces that open at ``start``, -1 if they do not close within ``most`` characters.
  const closingBrace = (text, start, most) => {
    let depth = 0;
    for (let i = start; i < Math.min(text.length, start + most); i++) {
      if (text[i] === "\\") i++;
      else if (text[i] === "{") depth++;
      else if (text[i] === "}" && --depth === 0) return i;
    }
    return -1;
  };

  const MONEY = /^\d[\d,.]*\s*(?:[kKMB]|bn|million|billion|thousand)?(?:[\s,;.!?)-]|$)/;
  // "5 and 10" of "$5 and 10$" is money: an amount, and words that no command protects.
  const isMoney = (inside) => MONEY.test(inside) && /(?:^|[^\\A-Za-z{])[A-Za-z]{2,}[\s,.]/.test(inside.slice(0, 300).replace(/\\[A-Za-z]+\s*\{[^{}]*\}/g, ""));

  const dollars = (text, start, find) => {
    if (text[start + 1] === "$") {
      let end = find("$$", start + 2);
      if (end === Infinity || end - start > LONGEST_FORMULA || !text.slice(start + 2, end).trim()) return null;
      if (text[end + 2] === "$" && text[end + 3] !== "$") end++; // "$$x_{$y$}$$$" does not occur, "\text{$x$}$$" does
      return { end: end + 2, source: text.slice(start + 2, end), display: true };
    }
    const before = text[start - 1], after = text[start + 1];
    if (isSpace(after) || after === "$" || (isWord(before) && /\d/.test(after))) return null;
    let end = find("$", start + 1);
    while (end !== Infinity && text[end - 1] === "\\") end = find("$", end + 1);
    if (end === Infinity || end - start > 2000) return null;
    const inside = text.slice(start + 1, end);
    if (isSpace(text[end - 1]) || /\d/.test(text[end + 1] || "") || /\n\s*\n/.test(inside) || isMoney(inside)) return null;
    return { end: end + 1, source: inside, display: false };
  };

  // The formula that begins at ``start``: {end, source, display}; null if there is none.
  const formula = (text, start, find) => {
    if (text[start] === "$") return dollars(text, start, find);
    if (text[start] !== "\\") return null;
    const next = text[start + 1];
    if (next === "(" || next === "[") {
      const end = find(next === "(" ? "\\)" : "\\]", start + 2);
      if (end === Infinity || end - start > LONGEST_FORMULA || !text.slice(start + 2, end).trim()) return null;
      return { end: end + 2, source: text.slice(start + 2, end), display: next === "[" };
    }
    if (text.startsWith("\\boxed{", start)) {
      const end = closingBrace(text, start + 6, 1000);
      return end < 0 ? null : { end: end + 1, source: text.slice(start, end + 1), display: false };
    }
    BEGIN.lastIndex = start;
    const begin = BEGIN.exec(text);
    if (!begin) return null;
    const closing = `\\end{${begin[1]}}`;
    const end = find(closing, start);
    if (end === Infinity || end - start > LONGEST_FORMULA) return null;
    return { end: end + closing.length, source: text.slice(start, end + closing.length), display: true };
  };

  // A formula as its source; math.js renders it when it comes into view.
  const mathElement = ({ source, display }, written) => {
    const element = make(display ? "div" : "span", display ? "math display" : "math", written);
    element.source = source;
    return element;
  };

  // ---- Text within a block

  // CommonMark's rule, except that * between letters or digits (2*3*4, 2**3) stays as it is.
  const isDelimiter = (c, before, after, length) => {
    if (c === "_") {
      return {
        opens: !isSpace(after) && (isSpace(before) || "(\"'[*~“‘（「".includes(before)),
        closes: !isSpace(before) && (isSpace(after) || ")\"'].,;:!?*~”’）」。，".includes(after)),
      };
    }
    if (c === "~") return { opens: length === 2 && !isSpace(after), closes: length === 2 && !isSpace(before) };
    const between = (isWord(before) || before === ")") && (isWord(after) || after === "(");
    return { opens: !isSpace(after) && !between, closes: !isSpace(before) && !between };
  };

  const link = (text, start) => {
    const pattern = /\[((?:[^[\]\\\n]|\\.){1,500})\]\(\s*<?([^\s()<>]{1,2000}(?:\([^\s()<>]{0,500}\)[^\s()<>]{0,500})?)>?(?:\s+["'][^"'\n]{0,300}["'])?\s*\)/y;
    pattern.lastIndex = start;
    return pattern.exec(text);
  };

  // The address as a link if it is https, else as text only: a page from a disk must not lead to files or scripts.
  const address = (url) => {
    if (!/^https:\/\/[^\s@\\]+$/i.test(url)) return make("span", "address", url);
    const anchor = make("a", "address", url);
    anchor.href = url;
    anchor.rel = "noopener noreferrer nofollow";
    anchor.target = "_blank";
    return anchor;
  };

  const NAMES = { "*": "em", _: "em", "~": "del" };

  // Fills ``target`` with text that has emphasis, code, links and formulas.
  const inline = (target, text, insideLink = false) => {
    const find = finder(text);
    const stack = []; // runs of delimiters that may still open something: {c, left, parent, node}
    const openRuns = { "*": 0, _: 0, "~": 0 };
    let pending = "";
    const flush = () => {
      if (pending) target.append(pending);
      pending = "";
    };
    const drop = () => { openRuns[stack.pop().c]--; };

    const closeRuns = (c, length) => {
      while (length > 0 && openRuns[c] > 0) {
        const pair = length >= 2 && stack.findLast((run) => run.c === c && run.left >= 2);
        while (pair ? stack.at(-1) !== pair : stack.at(-1).c !== c) drop();
        const run = stack.at(-1);
        const used = c === "~" ? 2 : Math.min(2, length, run.left);
        const element = make(c === "~" ? NAMES[c] : used === 2 ? "strong" : "em");
        while (run.node.nextSibling) element.append(run.node.nextSibling);
        run.node.after(element);
        run.left -= used;
        length -= used;
        run.node.data = c.repeat(run.left);
        if (run.left === 0) drop();
      }
      return length;
    };

    const delimiters = (c, start) => {
      let end = start;
      while (text[end] === c) end++;
      const length = end - start;
      const { opens, closes } = length > 20 ? {} : isDelimiter(c, text[start - 1], text[end], length);
      let left = length;
      if (closes && openRuns[c] > 0) {
        flush();
        left = closeRuns(c, length);
      }
      if (left && opens && stack.length < 100) {
        flush();
        const node = document.createTextNode(c.repeat(left));
        target.append(node);
        stack.push({ c, left, node });
        openRuns[c]++;
      } else if (left) pending += c.repeat(left);
      return end;
    };

    const codeSpan = (start) => {
      let end = start;
      while (text[end] === "`") end++;
      const ticks = text.slice(start, end);
      let close = ticks.length > 50 ? Infinity : find(ticks, end);
      for (let tries = 0; close !== Infinity && tries < 20; tries++) {
        let after = close + ticks.length;
        if (text[after] !== "`") break;
        while (text[after] === "`") after++;
        close = find(ticks, after);
      }
      if (close === Infinity || text[close + ticks.length] === "`") {
        pending += ticks;
        return end;
      }
      flush();
      const inside = text.slice(end, close);
      target.append(make("code", "", /^ .* $/.test(inside) && inside.trim() ? inside.slice(1, -1) : inside));
      return close + ticks.length;
    };

    const linked = (start) => {
      const found = insideLink ? null : link(text, start);
      if (!found) return 0;
      const image = text[start - 1] === "!" && pending.endsWith("!");
      if (image) pending = pending.slice(0, -1);
      flush();
      const label = make("span", "link-text");
      if (image) label.append("image: ");
      inline(label, found[1], true);
      target.append(label);
      if (found[1] !== found[2]) target.append(" (", address(found[2]), ")");
      return start + found[0].length;
    };

    const plainUntil = /[\\`$*_~[]|https:\/\//g;
    let i = 0;
    while (i < text.length) {
      plainUntil.lastIndex = i;
      const next = plainUntil.exec(text);
      if (!next) break;
      pending += text.slice(i, next.index);
      i = next.index;
      const c = text[i];
      const math = c === "\\" || c === "$" ? formula(text, i, find) : null;
      if (math) {
        flush();
        target.append(mathElement(math, text.slice(i, math.end)));
        i = math.end + (math.display && text[math.end] === "\n" ? 1 : 0); // a block ends the line already
      } else if (c === "\\") {
        // Before punctuation a backslash is an escape, except that \( and the like without an end are shown whole.
        const escaped = text[i + 1];
        const keeps = escaped === undefined || !/[!-/:-@[-`{-~]/.test(escaped) || "()[]{}\\,;:!".includes(escaped);
        pending += keeps ? text.slice(i, i + 2) : escaped;
        i += 2;
      } else if (c === "$") {
        pending += c;
        i++;
      } else if (c === "`") i = codeSpan(i);
      else if (c === "[") {
        const end = linked(i);
        if (!end) pending += c;
        i = end || i + 1;
      } else if (c === "h") {
        const url = /https:\/\/[^\s<>"'`|\\^{}[\]]{1,1000}/y;
        url.lastIndex = i;
        const [found] = url.exec(text) || ["https://"];
        const bare = found.replace(/[.,;:!?)*_~]+$/, "");
        if (bare.length > 8 && !insideLink) {
          flush();
          target.append(address(bare));
        } else pending += bare;
        i += bare.length;
      } else i = delimiters(c, i);
    }
    pending += text.slice(i);
    flush();
  };

  // ---- Blocks

  // For a line: the end of display mathematics that it opens and does not close, "" if there is none.
  const opened = (line) => {
    OPENING.lastIndex = 0;
    for (let found; (found = OPENING.exec(line)); ) {
      const [begin] = found;
      if (begin === "\\\\") continue;
      let end;
      if (begin[0] === "`") end = begin; // code: skipped if it ends in this line
      else end = begin === "$$" ? "$$" : begin === "\\[" ? "\\]" : begin === "\\(" ? "\\)" : `\\end{${found[1]}}`;
      const close = line.indexOf(end, OPENING.lastIndex);
      if (close >= 0) OPENING.lastIndex = close + end.length;
      else if (begin[0] !== "`" && begin !== "\\(") return end;
    }
    return "";
  };

  // Lines with a cursor; ``mathEnd(i)`` is the line that ends the display mathematics that line i opens, or i.
  const source = (lines) => {
    const known = new Map(); // end -> [from, line]: see finder
    const mathEnd = (i) => {
      const end = lines[i].length < 5000 ? opened(lines[i]) : "";
      if (!end) return i;
      let [from, line] = known.get(end) || [Infinity, -1];
      if (i < from || i >= line) {
        from = i;
        line = i + 1;
        while (line < lines.length && !lines[line].includes(end)) line++;
        known.set(end, [from, line]);
      }
      return line < lines.length && line - i < 300 ? line : i;
    };
    return { lines, mathEnd };
  };

  const cells = (line) => {
    const inside = line.trim().replace(/^\|/, "").replace(/(^|[^\\])\|$/, "$1");
    const found = [""];
    const last = inside.lastIndexOf("$");
    let ticks = false, dollar = false;
    for (let i = 0; i < inside.length; i++) {
      const c = inside[i];
      if (c === "\\" && inside[i + 1] === "|") { found[found.length - 1] += dollar ? "\\|" : "|"; i++; continue; }
      if (c === "`") ticks = !ticks;
      if (c === "$" && !ticks) dollar = !dollar;
      if (c === "|" && !ticks && !(dollar && i < last)) found.push("");
      else found[found.length - 1] += c;
    }
    return found.map((cell) => cell.trim());
  };

  const isTable = (lines, i) => {
    const next = lines[i + 1];
    if (!next || next.length > 5000 || lines[i].length > 20000 || !lines[i].includes("|") || !next.includes("-") || !/^[\s|:-]+$/.test(next)) return false;
    const columns = cells(next);
    return columns.every((cell) => DELIMITER_CELL.test(cell)) && cells(lines[i]).length === columns.length;
  };

  const table = (target, lines, i) => {
    const align = cells(lines[i + 1]).map((cell) => (/:$/.test(cell) ? (/^:/.test(cell) ? "center" : "right") : ""));
    const box = make("div", "table");
    const element = make("table", "md-table");
    const row = (line, tag) => {
      const line_ = make("tr");
      const texts = cells(line);
      align.forEach((side, place) => {
        const cell = make(tag, side);
        if (tag === "th") cell.scope = "col";
        inline(cell, texts[place] || "");
        line_.append(cell);
      });
      return line_;
    };
    const head = make("thead"), body = make("tbody");
    head.append(row(lines[i], "th"));
    let end = i + 2;
    while (end < lines.length && lines[end].includes("|") && !fenceOf(lines[end])) body.append(row(lines[end++], "td"));
    element.append(head, body);
    box.append(element);
    target.append(box);
    return end;
  };

  const indent = (line) => {
    let n = 0;
    while (line[n] === " ") n++;
    return n;
  };
  const blank = (line) => !/\S/.test(line);

  const fence = (target, lines, i, match) => {
    const [, spaces, ticks, info] = match;
    const closing = new RegExp(`^ *${ticks[0]}{${ticks.length},}[ \\t]*$`);
    let end = i + 1;
    while (end < lines.length && !closing.test(lines[end])) end++;
    const code = lines.slice(i + 1, end).map((line) => line.slice(Math.min(indent(line), spaces.length))).join("\n");
    target.append(Report.codeBlock(code, info.trim().split(/[\s{,]/)[0]));
    return end + 1;
  };

  const startsBlock = (line) => {
    const item = ITEM.exec(line);
    return fenceOf(line) || HEADING.test(line) || RULE.test(line) || QUOTE.test(line)
      || (item !== null && item[4] !== "" && (item[3] === undefined || item[3] === "1"));
  };

  const quote = (target, { lines, mathEnd }, i, depth) => {
    const inside = [];
    while (i < lines.length) {
      if (QUOTE.test(lines[i])) inside.push(lines[i++].replace(QUOTE, ""));
      else if (!blank(lines[i]) && !startsBlock(lines[i]) && inside.length && !blank(inside.at(-1)) && !fenceOf(inside[0])) {
        const end = mathEnd(i);
        inside.push(...lines.slice(i, end + 1));
        i = end + 1;
      } else break;
    }
    const element = make("blockquote");
    blocks(element, inside, depth + 1);
    target.append(element);
    return i;
  };

  // The lines of the list item that begins at line i, without its marker and indentation, and the line after it.
  const itemLines = ({ lines, mathEnd }, i, match) => {
    const content = match[4].length > 4 || match[4] === "" ? match[1].length + match[2].length + 1 : match[0].length;
    const inside = [lines[i].slice(match[0].length > content ? content : match[0].length)];
    const first = mathEnd(i);
    let fenced = null;
    for (let k = i + 1; k <= first; k++) inside.push(lines[k].slice(Math.min(indent(lines[k]), content)));
    let next = first + 1;
    while (next < lines.length) {
      const line = lines[next];
      if (blank(line)) {
        let after = next;
        while (after < lines.length && blank(lines[after])) after++;
        if (after === lines.length || indent(lines[after]) < Math.min(content, match[1].length + 2)) break;
        inside.push(...Array(Math.min(after - next, 3)).fill(""));
        next = after;
        continue;
      }
      const inner = indent(line) >= Math.min(content, match[1].length + 2);
      const last = inside.at(-1);
      if (!inner && (blank(last) || fenced || startsBlock(line) || ITEM.test(line))) break;
      const opens = fenceOf(line.trim());
      if (opens && (!fenced || opens[2].startsWith(fenced))) fenced = fenced ? null : opens[2];
      const end = fenced ? next : mathEnd(next);
      for (; next <= end; next++) inside.push(lines[next].slice(Math.min(indent(lines[next]), content)));
    }
    return [inside, next];
  };

  const list = (target, text, i, depth) => {
    const { lines } = text;
    const first = ITEM.exec(lines[i]);
    const ordered = first[3] !== undefined;
    const element = make(ordered ? "ol" : "ul");
    if (ordered && first[3] !== "1") element.start = Number(first[3]);
    const marker = first[2].at(-1);
    let loose = false;
    while (i < lines.length) {
      const match = ITEM.exec(lines[i]);
      if (!match || match[2].at(-1) !== marker || (match[3] !== undefined) !== ordered || RULE.test(lines[i])) break;
      if (match[1].length > first[1].length + 1 || match[1].length < first[1].length - 1) break;
      const [inside, next] = itemLines(text, i, match);
      const item = make("li");
      const task = /^\[([ xX])\] /.exec(inside[0]);
      if (task) inside[0] = (task[1] === " " ? "☐ " : "☑ ") + inside[0].slice(4);
      blocks(item, inside, depth + 1);
      element.append(item);
      i = next;
      let after = i;
      while (after < lines.length && blank(lines[after])) after++;
      if (after > i && after < lines.length && ITEM.test(lines[after]) && !RULE.test(lines[after])) {
        loose = true;
        i = after;
      }
    }
    if (loose) element.className = "loose";
    target.append(element);
    return i;
  };

  const paragraph = (target, { lines, mathEnd }, i) => {
    let end = mathEnd(i) + 1;
    let heading = 0;
    while (end < lines.length && !blank(lines[end]) && !startsBlock(lines[end]) && !isTable(lines, end)) {
      const under = lines[end].length < 500 && /^ {0,3}(=+|-{2,})\s*$/.exec(lines[end]);
      if (under && end === i + 1) {
        heading = under[1][0] === "=" ? 1 : 2;
        break;
      }
      end = mathEnd(end) + 1;
    }
    const element = heading ? headingElement(heading) : make("p");
    inline(element, lines.slice(i, end).join("\n").trim());
    target.append(element);
    return heading ? end + 1 : end;
  };

  // Headings of a response rank below those of the page; screen readers get their level within the response.
  const headingElement = (level) => {
    const element = make("p", `heading heading-${level}`);
    element.setAttribute("role", "heading");
    element.setAttribute("aria-level", String(Math.min(6, level + 3)));
    return element;
  };

  const block = (target, text, i, depth) => {
    const { lines } = text;
    const line = lines[i];
    let match;
    if ((match = fenceOf(line))) return fence(target, lines, i, match);
    if ((match = HEADING.exec(line))) {
      const element = headingElement(match[1].length);
      inline(element, (match[2] || "").replace(/\s#+\s*$/, ""));
      target.append(element);
      return i + 1;
    }
    if (RULE.test(line)) {
      target.append(make("hr"));
      return i + 1;
    }
    if (depth < DEEPEST && QUOTE.test(line)) return quote(target, text, i, depth);
    if (depth < DEEPEST && (match = ITEM.exec(line)) && (match[4] || blank(line.slice(match[0].length)))) return list(target, text, i, depth);
    if (isTable(lines, i)) return table(target, lines, i);
    return paragraph(target, text, i);
  };

  const blocks = (target, lines, depth) => {
    const text = source(lines);
    for (let i = 0; i < lines.length; ) i = blank(lines[i]) ? i + 1 : block(target, text, i, depth);
  };

  // A long text is shown in steps, so that the page answers in between.
  const STEP_MS = 12, FIRST_STEP_MS = 60;
  const LONGEST = 300000; // characters; what is behind them is shown as it is

  const markdown = (text) => {
    const target = make("div", "text md");
    const lines = text.slice(0, LONGEST).replace(/\r\n?/g, "\n").replace(/^[ \t]+/gm, (space) => space.replaceAll("\t", "    ")).split("\n");
    const whole = source(lines);
    let i = 0;
    const work = (most) => {
      const part = document.createDocumentFragment();
      const end = performance.now() + most;
      while (i < lines.length && performance.now() < end) i = blank(lines[i]) ? i + 1 : block(part, whole, i, 0);
      target.append(part);
      if (i < lines.length) setTimeout(step, 0);
      else {
        if (text.length > LONGEST) target.append(make("pre", "", text.slice(LONGEST)));
        target.removeAttribute("aria-busy");
      }
      target.grown?.();
    };
    const step = () => work(STEP_MS);
    if (text.length > 20000) target.setAttribute("aria-busy", "true");
    work(FIRST_STEP_MS);
    return target;
  };

  const inlineText = (text, tag = "span", className = "") => {
    const element = make(tag, className);
    inline(element, text);
    return element;
  };

  Object.assign(Report, { markdown, inlineText, mathElement });
})();
