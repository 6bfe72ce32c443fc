"""Reasoning in other languages than English, and reasoning with odd contents, for ``benchmarks.clean_reasoning``."""

from __future__ import annotations

Texts = list[tuple[str, str, str]]
"""(question, thought, answer)."""

FOREIGN: dict[str, Texts] = {
    "Chinese": [
        (
            "已知函数 $f(x)=x^2-4x+7$，求它在区间 $[0,5]$ 上的最小值和最大值。",
            "首先把函数配方，得到 $f(x)=(x-2)^2+3$。因为对称轴 $x=2$ 落在区间 $[0,5]$ 之内，所以最小值在 $x=2$ 处取得，等于 3。"
            "接下来比较两个端点：$f(0)=7$，$f(5)=12$。显然右端点的函数值更大，因此最大值等于 12。等一下，我再检查一遍：$25-20+7=12$，没有问题。",
            "最小值为 $3$，最大值为 $12$，即 $\\boxed{3, 12}$。",
        ),
        (
            "小明有若干块糖，如果每人分三块就多出两块，每人分四块就少五块，问一共有多少块糖？",
            "设人数为 $n$，那么糖的总数既等于 $3n+2$，也等于 $4n-5$。解这个方程得到 $n=7$，于是糖的总数是 $3\\times 7+2=23$。"
            "让我验证一下：$4\\times 7-5=23$，两种分法得到同样的总数，所以答案是正确的。 So the answer should be 23.",
            "一共有 $\\boxed{23}$ 块糖。",
        ),
        (
            "请编写一个 Python 函数，判断一个整数是否为素数。",
            "我们需要从 2 开始试除到平方根。先处理小于 2 的情况，再循环检查。\n\n```python\ndef is_prime(n):\n    # 小于二的数不是素数\n"
            "    if n < 2:\n        return False\n    return all(n % d for d in range(2, int(n ** 0.5) + 1))\n```\n\n这里用 `all` 比显式循环更简洁。",
            "```python\ndef is_prime(n):\n    return n > 1 and all(n % d for d in range(2, int(n ** 0.5) + 1))\n```",
        ),
        (
            "甲、乙、丙三人轮流掷骰子，求甲第一个掷出六点的概率。",
            "甲在第一轮掷出六点的概率是六分之一。如果三个人都没有掷出六点，游戏就回到开头，这一情况的概率是 $(5/6)^3$。"
            "因此所求概率满足 $p=\\frac16+\\left(\\frac56\\right)^3p$，解得 $p=\\frac{36}{91}$。这种情况不成立的话，需要重新考虑顺序，但是题目已经说明甲先掷。",
            "$\\boxed{\\frac{36}{91}}$",
        ),
    ],
    "French": [
        (
            "Déterminer tous les entiers naturels n tels que n² + n + 1 soit divisible par 7, en justifiant soigneusement.",
            "On commence par étudier les restes possibles de n modulo 7. Si n est congru à 2, alors n² + n + 1 vaut 7, donc il est divisible. "
            "Si n est congru à 4, on trouve 16 + 4 + 1 = 21, ce qui est encore un multiple de sept. Pour les autres restes, on vérifie facilement que l'expression n'est pas nulle modulo 7.",
            "Les solutions sont les entiers congrus à 2 ou à 4 modulo 7 : $\\boxed{n \\equiv 2, 4 \\pmod 7}$.",
        ),
        (
            "Combien y a-t-il de mots de cinq lettres ?",
            "Chaque lettre peut être choisie indépendamment des autres parmi les vingt-six lettres de l'alphabet, et l'ordre des lettres compte puisque deux mots différents sont deux suites différentes. "
            "Le principe multiplicatif donne donc vingt-six multiplié cinq fois par lui-même, c'est-à-dire 11881376 mots possibles.",
            "$\\boxed{11881376}$",
        ),
    ],
    "German": [
        (
            "Bestimme alle reellen Lösungen der Gleichung x³ - 6x² + 11x - 6 = 0 und begründe deine Antwort ausführlich.",
            "Wir suchen zunächst nach ganzzahligen Nullstellen, denn diese müssen Teiler des konstanten Gliedes sein. Durch Einsetzen finden wir, dass die Zahl eins eine Nullstelle ist. "
            "Nach der Polynomdivision bleibt eine quadratische Gleichung übrig, deren Lösungen zwei und drei sind. Eine kubische Gleichung kann nicht mehr als drei Lösungen haben, also sind wir fertig.",
            "Die Lösungen sind $\\boxed{1, 2, 3}$.",
        ),
        (
            "Wie viele Diagonalen hat ein konvexes Zwölfeck?",
            "Jede der zwölf Ecken ist mit neun anderen Ecken durch eine Diagonale verbunden, denn die beiden Nachbarn und die Ecke selbst fallen weg. "
            "Zählt man so, dann wird jede Diagonale doppelt gezählt, und deshalb muss man das Produkt aus zwölf und neun noch halbieren. Das ergibt vierundfünfzig Diagonalen.",
            "$\\boxed{54}$",
        ),
    ],
    "Spanish": [
        (
            "Un tren recorre 240 kilómetros en tres horas. ¿Cuál es su velocidad media y cuánto tarda en recorrer 400 kilómetros?",
            "La velocidad media se obtiene dividiendo la distancia entre el tiempo, así que el tren viaja a ochenta kilómetros por hora. Para recorrer cuatrocientos kilómetros con la misma velocidad, "
            "hay que dividir cuatrocientos entre ochenta, y el resultado es cinco horas. Comprobemos: cinco por ochenta son cuatrocientos, de modo que todo concuerda.",
            "Tarda $\\boxed{5}$ horas.",
        )
    ],
    "Russian": [
        (
            "Найдите все целые числа n, для которых число n² - 3n + 2 является простым, и обоснуйте ответ.",
            "Разложим выражение на множители: получаем произведение двух последовательных чисел. Произведение двух целых чисел простое только тогда, когда один из множителей равен единице или минус единице. "
            "Перебирая оба случая, находим, что подходят только значения три и ноль. Проверим: при значении три получается два, и это простое число.",
            "$\\boxed{0, 3}$",
        )
    ],
    "Japanese": [
        (
            "1から100までの整数のうち、3でも5でも割り切れないものはいくつありますか。",
            "まず、3の倍数は33個あります。次に、5の倍数は20個あります。どちらでも割り切れる数、つまり15の倍数は6個です。包除原理を使うと、少なくとも一方で割り切れる数は33と20を足して6を引いた47個になります。"
            "したがって、どちらでも割り切れない数は100から47を引いて53個です。念のために小さい範囲で確かめてみると、同じ考え方で正しい結果が得られました。",
            "$\\boxed{53}$ 個です。",
        )
    ],
    "Korean": [
        (
            "한 변의 길이가 6인 정삼각형의 넓이를 구하고 풀이 과정을 설명하시오.",
            "정삼각형의 높이는 피타고라스 정리로 구할 수 있습니다. 밑변의 절반은 3이고 빗변은 6이므로 높이는 삼 루트 삼이 됩니다. 따라서 넓이는 밑변과 높이를 곱한 값의 절반이고, 계산하면 구 루트 삼을 얻습니다. "
            "다른 방법으로 공식에 대입해도 같은 값이 나오므로 답이 맞다는 것을 확인할 수 있습니다.",
            "넓이는 $\\boxed{9\\sqrt3}$입니다.",
        )
    ],
}

_REST = (
    " We go on with the count of the remaining cases, each of which is checked by hand, and then add the results up."
)

ODD: Texts = [
    (
        "State the Chinese remainder theorem.",
        "The Chinese remainder theorem (中国剩余定理, first in 孙子算经) says that the system has one solution.",
        "One solution modulo the product.",
    ),
    (
        "State the Chinese remainder theorem.",
        'In the old text it is called "物不知数" and Sun Zi asks for 23.' + _REST,
        "$\\boxed{23}$",
    ),
    ("Who proved it?", "The inequality is due to Чебышёв; in Latin letters Chebyshev." + _REST, "Chebyshev."),
    (
        "What does 数学 mean, and how many strokes does it have?",
        "数学 means mathematics. 数 has 13 strokes and 学 has 8 strokes, so 数学 has 21 strokes in all.",
        "\\boxed{21}",
    ),
    (
        "Translate 'a friend in need' to Russian and count the letters.",
        "One version is «друг познаётся в беде»; without spaces it has 18 letters." + _REST,
        "18",
    ),
    (
        "Which set is larger?",
        "The cardinal ℵ₀ is below 𝔠 = 2^{ℵ₀}; write ∀ε>0 ∃δ, α ≤ β, Σ over ω." + _REST,
        "The reals.",
    ),
    (
        "Greek letters in physics",
        "With λ = h/p and ω = 2πν, φ is the phase, Δφ = kΔx; θ and ψ are angles, μ₀ and ε₀ constants." + _REST,
        "$\\lambda$",
    ),
    (
        "Write a hook for the chat template.",
        'The code joins "<" and "|im_start|" at run time; the tag <s> in HTML strikes text out, and </s> ends it. '
        + _REST,
        "`<s>old</s>`",
    ),
    (
        "Mean of |x|",
        "We write <|x|> for the mean of the absolute value and <|x|^2> for the second moment." + _REST,
        "\\boxed{0}",
    ),
    (
        "Is it possible?",
        "I cannot help noticing that 7 divides both. I can't proceed with this approach. I am unable to find a smaller one."
        + _REST,
        "It is impossible to tile the board.",
    ),
    (
        "Is it possible?",
        "I'm sorry, I made a mistake: the sign flips. I can't assist the reader with a figure here, but in words it is easy."
        + _REST,
        "Not possible.",
    ),
    (
        "Dialogue",
        "The statement shows\nAlice: I don't know.\nBob: Now I know.\nAlice: Then I know as well." + _REST,
        "\\boxed{(4, 13)}",
    ),
    (
        "Parse lines such as 'User: name' and 'Assistant: name'.",
        "The input has lines like these:\n```\nUser: ann\nAssistant: bob\n```\nSplit at the colon." + _REST,
        "Split at `: `.",
    ),
    (
        "Count the words.",
        "You are given a string. Here is the solution. Here's the converted number in base 2: 1011." + _REST,
        "\\boxed{4}",
    ),
    (
        "Help",
        "The assistant professor gives 3 students 4 books. The system: of 2 equations has one solution." + _REST,
        "\\boxed{12}",
    ),
    (
        "Print NO many times.",
        "Expected output:\n" + "NO\n" * 60 + "\nSo print NO for each test." + _REST,
        "```python\nprint('NO')\n```",
    ),
    (
        "Print YES or NO.",
        "Sample: " + "YES NO YES YES NO " * 20 + "as in the statement." + _REST,
        "```python\nprint('YES')\n```",
    ),
    (
        "Fences",
        "A fence inside:\n````markdown\n```python\nprint(1)\n```\n````\nis one block." + _REST,
        "````markdown\n```\nx\n```\n````",
    ),
    ("Fences", "Inline ``` is no fence when it is in a sentence, and `x` is code." + _REST, "~~~\ntext\n~~~"),
    (
        "Sets",
        "Let A = \\{1, 2\\}; then |A| = 2 and \\boxed{\\{1,2\\}} is the set." + _REST,
        "\\boxed{\\left\\{ \\{1\\}, \\{2\\} \\right\\}}",
    ),
    ("Hmm", "Hmm. Hmm, wait. Wait, no. Wait, no, yes. Okay. Okay. So 3. Wait, 3? Yes, 3." + _REST, "\\boxed{3}"),
    (
        "Solve the riddle of the truth-tellers.",
        "If A lies, then B tells the truth. If B tells the truth, then C lies. If C lies, then A tells the truth. Contradiction. "
        "If A tells the truth, then B lies. If B lies, then C tells the truth. If C tells the truth, then A tells the truth. Consistent."
        + _REST,
        "A and C.",
    ),
    (
        "Song",
        "The rhyme repeats: row, row, row your boat, gently down the stream, merrily, merrily, merrily, merrily, life is but a dream."
        + _REST,
        "\\boxed{4}",
    ),
    (
        "Names",
        "Erdős, Gödel, Poincaré, Łukasiewicz, Sierpiński, Đoković, Ångström, Bolyai, Čech and Zariski are ten names."
        + _REST,
        "\\boxed{10}",
    ),
    (
        "AI",
        "An AI could play this game by minimax. As an aid, I draw the tree. A language model is not needed here."
        + _REST,
        "First player.",
    ),
    (
        "Policy gradient",
        "The policy must be updated; the request queue has 3 items, and this content of the stack is not allowed to be popped."
        + _REST,
        "\\boxed{3}",
    ),
    (
        "Tokens",
        "The token EOS ends a sequence; [PAD] fills it up; in BERT [CLS] is first and [SEP] last." + _REST,
        "[CLS]",
    ),
    (
        "Template",
        "In C++ write vector<vector<int>> g(n); cout << x << endl; if (a<b && b>c) swap(a, b);" + _REST,
        "```cpp\nint main() { return 0; }\n```",
    ),
    (
        "Latin",
        "Quod erat demonstrandum. Ceteris paribus, a priori, mutatis mutandis: the proof is the same." + _REST,
        "QED",
    ),
    ("Sequence", "The digits are " + "0123456789" * 60 + " and so on, so the 600th digit is 9." + _REST, "\\boxed{9}"),
]
"""Contents that look like a fault and are none."""
