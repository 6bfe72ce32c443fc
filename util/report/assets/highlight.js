// Report.codeBlock(code, language): code of a response with its tokens coloured and a button to copy it.
// Report.program(code, {line}): the same with line numbers, one line marked.
"use strict";
(() => {
  const { make, button } = Report;
  const LONGEST = 100000; // characters; longer code has no colours
  const MOST = 20000; // coloured tokens

  const set = (words) => new Set(words.split(" "));
  const C_LIKE = "if else for while do switch case default break continue return const static void struct class public private protected new delete this try catch throw true false null enum import export function var let typeof int long float double char bool boolean string unsigned signed auto template typename using namespace virtual override sizeof operator friend inline typedef union interface extends implements package final abstract async await yield in of instanceof fn mut pub impl trait match use mod self let move ref where func go chan defer range map type select nil None Some println printf cout cin endl std vector";
  const WORDS = {
    python: set("and as assert async await break class continue def del elif else except finally for from global if import in is lambda nonlocal not or pass raise return try while with yield match case True False None"),
    c: set(C_LIKE),
    shell: set("if then else elif fi for while until do done case esac in function return exit export local set unset echo cd source sudo"),
    json: set("true false null"),
  };
  const BUILTINS = set("print input len range int str float list dict set tuple map filter zip enumerate sorted sum min max abs any all open isinstance reversed round pow divmod chr ord bin hex type super object self iter next format repr bool bytes Exception ValueError KeyError IndexError");

  // One expression per language; each alternative takes time linear in what it matches, or is at most a line long.
  const WORD = "(?<word>[A-Za-z_]\\w*)";
  const NUMBER = "(?<number>\\b(?:0[xXbBoO][\\da-fA-F_]+|\\d[\\d_]*(?:\\.\\d+)?(?:[eE][+-]?\\d+)?)[A-Za-z]{0,3}\\b)";
  const LINE_STRINGS = '"(?:[^"\\\\\\n]|\\\\[^])*"?|\'(?:[^\'\\\\\\n]|\\\\[^])*\'?';
  const PATTERNS = {
    python: `(?<comment>#[^\\n]*)|(?<string>(?:[rRbBuUfF]{1,2}(?=["']))?(?:"""(?:[^\\\\"]|\\\\[^]|"(?!""))*(?:"""|$)|'''(?:[^\\\\']|\\\\[^]|'(?!''))*(?:'''|$)|${LINE_STRINGS}))|(?<meta>^[ \\t]{0,40}@[\\w.]+)|${NUMBER}|${WORD}`,
    c: `(?<comment>\\/\\/[^\\n]*|\\/\\*(?:[^*]|\\*(?!\\/))*(?:\\*\\/|$))|(?<string>${LINE_STRINGS}|\`(?:[^\`\\\\]|\\\\[^])*\`?)|(?<meta>^[ \\t]{0,40}#[ \\t]{0,9}\\w+)|${NUMBER}|${WORD}`,
    shell: `(?<comment>(?<=^|\\s)#[^\\n]*)|(?<string>${LINE_STRINGS})|(?<meta>\\$\\{[^}\\n]{0,200}\\}|\\$\\w+)|${NUMBER}|${WORD}`,
    json: `(?<meta>"(?:[^"\\\\\\n]|\\\\[^])*"(?=[ \\t]{0,9}:))|(?<string>"(?:[^"\\\\\\n]|\\\\[^])*"?)|${NUMBER}|${WORD}`,
  };
  const EXPRESSIONS = Object.fromEntries(Object.entries(PATTERNS).map(([name, pattern]) => [name, new RegExp(pattern, "gm")]));
  const LANGUAGES = {
    ...Object.fromEntries("python py python3 py3 pypy pypy3 sage ipython pycon".split(" ").map((name) => [name, "python"])),
    ...Object.fromEntries("c cpp c++ cc cxx h hpp java javascript js typescript ts jsx tsx go rust rs csharp cs kotlin swift scala php dart".split(" ").map((name) => [name, "c"])),
    ...Object.fromEntries("sh bash shell zsh console terminal shell-session".split(" ").map((name) => [name, "shell"])),
    ...Object.fromEntries("json jsonl json5 jsonc ndjson".split(" ").map((name) => [name, "json"])),
  };

  const guessed = (code) => {
    const start = code.slice(0, 4000);
    if (/^[ \t]*(?:def \w+\(.*:|import \w+|from [\w.]+ import |for .{1,80} in .{1,80}:|while .{1,80}:|print\()/m.test(start)) return "python";
    if (/^#include\b|^using namespace\b|^\s*(?:int|void|public|static) \w+.*[({]\s*$/m.test(start)) return "c";
    return /^\s*[{[]\s*["{[\]}]/.test(start) ? "json" : "";
  };

  const kindOf = (groups, language, code, end, before) => {
    const word = groups.word;
    if (word === undefined) return Object.keys(groups).find((name) => groups[name] !== undefined);
    if (WORDS[language].has(word)) return "keyword";
    if (language === "python" && /\b(?:def|class)\s+$/.test(before)) return "name";
    if (language === "python" && BUILTINS.has(word)) return "builtin";
    return "";
  };

  // [[kind, text], ...]; kind "" is plain text. Neighbours of one kind are joined.
  const tokens = (code, language) => {
    const expression = EXPRESSIONS[language];
    if (!expression || code.length > LONGEST) return [["", code]];
    const found = [];
    let plain = 0, count = 0;
    expression.lastIndex = 0;
    for (let match; count < MOST && (match = expression.exec(code)); ) {
      if (!match[0]) { expression.lastIndex++; continue; }
      const kind = kindOf(match.groups, language, code, expression.lastIndex, code.slice(Math.max(0, match.index - 8), match.index));
      if (!kind) continue;
      if (match.index > plain) found.push(["", code.slice(plain, match.index)]);
      found.push([kind, match[0]]);
      plain = expression.lastIndex;
      count++;
    }
    if (plain < code.length) found.push(["", code.slice(plain)]);
    return found;
  };

  const languageOf = (code, info) => LANGUAGES[info.toLowerCase()] ?? (info ? "" : guessed(code));

  const append = (target, kind, text) => target.append(kind ? make("span", `t-${kind}`, text) : text);

  const copy = (code, name) => button("Copy", async () => {
    Report.announce((await Report.copy(code)) ? "Copied." : "The browser did not allow to copy. Select the text and copy it.");
  }, "small copy-code");

  const framed = (label, code, body) => {
    const box = make("div", "code");
    const head = make("div", "code-head");
    const copying = copy(code);
    copying.setAttribute("aria-label", `Copy ${label || "code"}`);
    head.append(make("span", "", label), copying);
    box.append(head, body);
    return box;
  };

  const codeBlock = (code, info = "") => {
    const body = make("pre", "code-body");
    const inside = make("code");
    for (const [kind, text] of tokens(code, languageOf(code, info))) append(inside, kind, text);
    body.append(inside);
    return framed(info.slice(0, 30), code, body);
  };

  // The tokens cut at the ends of lines: an array of arrays.
  const inLines = (found) => {
    const lines = [[]];
    for (const [kind, text] of found) {
      text.split("\n").forEach((part, place) => {
        if (place) lines.push([]);
        if (part) lines.at(-1).push([kind, part]);
      });
    }
    return lines;
  };

  // from: the number of the first line. line: the place of the marked line from 1, label: what is said of it.
  const numbered = (lines, { from = 1, line = 0, label = "" } = {}) => {
    const list = make("ol", "lines");
    list.style.setProperty("--digits", String(String(from + lines.length - 1).length));
    lines.forEach((parts, place) => {
      const item = make("li", place + 1 === line ? "marked" : "");
      const number = make("span", "number");
      number.dataset.number = String(from + place);
      const content = make("code");
      for (const [kind, text] of parts) append(content, kind, text);
      if (!parts.length) content.append("\n");
      item.append(number, content);
      if (place + 1 === line) item.append(make("span", "mark-label", label));
      list.append(item);
    });
    return list;
  };

  const MOST_LINES = 3000;
  const program = (code, { line = 0, label = "", title = "program" } = {}) => {
    const lines = inLines(tokens(code.replace(/\n+$/, ""), "python"));
    const shown = lines.slice(0, MOST_LINES);
    const body = numbered(shown, { line, label });
    const box = framed(title, code, body);
    if (lines.length > MOST_LINES) box.append(make("p", "soft", `${(lines.length - MOST_LINES).toLocaleString("en")} more lines`));
    return box;
  };

  Object.assign(Report, { codeBlock, program, tokens, numbered, languageOf });
})();
