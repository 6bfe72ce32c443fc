"""The words that the grammar of endings knows: units and scales, remarks, conditions, denials, retractions, languages.

Each pattern is linear: its repetitions are bounded, and none is nested in another.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache


def pattern(text: str, flags: int = 0) -> Callable[[], re.Pattern[str]]:
    """A function that returns the compiled expression, the same one at every call."""
    return cache(lambda: re.compile(text, flags))


_I = re.IGNORECASE

_LENGTHS = r"(?:milli|centi|kilo|deci)?met(?:er|re)s?|mm|cm|dm|km|m|inch(?:es)?|in|feet|foot|ft|yards?|yd|miles?|mi|light[- ]years?|au|nm"
_OTHERS = (
    r"seconds?|secs?|s|minutes?|mins?|hours?|hrs?|h|days?|weeks?|months?|years?|yrs?|(?:kilo|milli)?grams?|kg|g|mg|pounds?|lbs?|ounces?|oz"
    r"|tons?|tonnes?|(?:milli)?lit(?:er|re)s?|L|mL|ml|gallons?|dollars?|cents?|euros?|usd|degrees?|radians?|percent|units?"
    r"|mph|kph|newtons?|N|joules?|J|kJ|watts?|W|kW|volts?|V|amperes?|amps?|A|ohms?|pascals?|Pa|kPa|Hz|hertz|kelvin|K|moles?|mol"
)
_ONE_UNIT = rf"(?:(?:square|cubic|sq\.?|cu\.?)\s)?(?:{_LENGTHS}|{_OTHERS})(?:\^?\{{?[23]\}}?|[²³]|\ssquared|\scubed)?"
UNIT = pattern(rf"{_ONE_UNIT}(?:(?:\s?/\s?|\sper\s){_ONE_UNIT}){{0,2}}(?![A-Za-z])")
"""A unit of measure in words or signs, such as "km/h", "square units", "dollars per hour"."""

SCALES = pattern(
    r"(?i)\b(?:hundreds?|thousands?|millions?|billions?|trillions?|dozens?|squared|cubed|factorial|times\s+(?:10|\d)|plus|minus|divided|multiplied|percent"
    r"|percentage|out of|over|to the|th|half|halves|point|mod|modulo|base|more than|less than|fewer than|choose|or|and|is|not|but|times the|times\s+\$?[a-z])\b"
)
"""Words after a number that change what it says."""

NO_STATEMENT = pattern(
    r"(?i)(?:also\s|indeed\s|then\s|clearly\s|therefore\s|still\s|always\s|thus\s)?(?:(?:in)?correct|right|wrong|independent|the same\b|unchanged|unique\b|consistent|reasonable|valid\b|clear\b|obvious|easy\b|already"
    r"|given in|given as|given to|given above|found|obtained|confirmed|verified|expected|as follows|as expected|as required|as above|boxed|in\s(?:the|its|simplest|lowest|terms|fact|agreement|this|line|a)\b"
    r"|shown|stated|supported|based|derived|supposed|determined|what\b|required to|meant|going to|supposed|ready|complete|needed|below|above|here\b|unknown|not (?:unique|affected|changed|surprising|hard|difficult|necessarily)"
    r"|正确|对的|唯一|合理|一致|与|符合|无关|独立|错误|不|rounded|simplified|exact\b|to be (?:given|expressed|written)|written|expressed|due\b|because|since|when|how|why|whether|one of the)"
)
"""What "the answer is" may go on with and state no answer."""

REMARK = pattern(
    r"(?i)(?:also\s|indeed\s|always\s|clearly\s|therefore\s)?(?:an?\s|positive|negative|even\b|odd\b|rational|irrational|real\b|prime\b|less|greater|more\b|fewer|smaller|larger|bigger|at (?:most|least)|between|divisible|close"
    r"|approximately|about|roughly|around|nearly|bounded|finite|infinite|never|always|only|simply the|the (?:sum|product|number|difference|smaller|larger|minimum|maximum|area|total|probability)\b(?![^.\n]{0,60}\b(?:is|are|equals)\b))"
)
"""What may be an answer in words, and is a remark where another answer is stated."""

CONDITION = pattern(
    r"(?i)(?:(?:but\s|only\s|just\s){0,2}(?:if|when|whenever|unless|provided|assuming)\b(?!\s(?:rounded|simplified|written|expressed|we (?:round|simplify)|you (?:round|simplify)))"
    r"|for\s(?:odd|even|positive|negative|prime|\$?[a-z]\b|\\\([a-z]|all odd|all even)|otherwise\b|in (?:the )?(?:first|second|one|other) case)"
)
"""A clause after a value that restricts it."""

# Before a candidate, at the end of its sentence's text so far.
DENIED_BEFORE = pattern(
    r"(?i)(?:\bnot|n['’]t|\bnever|\bcannot|\bno longer|\bnor|\binstead of|\brather than|\bother than|\bdifferent from|\banything but|\bfar from|\bexcept(?: for)?"
    r"|\bwithout|\bunlike|\bdiffers? from|\bunequal to|\bexclud(?:e|es|ing)|≠|\\neq?|\\not=|不是|不可能是|不等于|并非|不为|不会是|不应该是|而不是|不应是|排除)"
    r"(?:\s{1,3}(?:be|been|equal|equals|to|simply|just|exactly|actually|really|quite|necessarily|the|answer|value|number|as|in|fact|correct|right|final|correctly|possibly|is|it|true|that|possible|solution|result)\b){0,6}"
    r"[\s:,(\"'“]{0,4}(?:[A-Za-z]\w?\s?=\s?)?[\s(]{0,3}\Z"
)
# Anywhere before a candidate in its sentence, unless a word such as "but" follows.
UNCOMMITTED = pattern(
    r"(?i)\b(?:(?:it is|it['’]s|it was|it would be|would be|is|that['’]s)\s(?:simply\s|clearly\s|plainly\s)?(?:false|wrong|incorrect|not true|untrue|impossible|a mistake|not the case|an error|not correct|not right|nonsense|a lie|tempting|a misconception)\s(?:that|to\s(?:say|think|claim|assume|conclude|answer|believe|suppose|write|state))"
    r"|(?:do|does|did|would|could|can|should|must|will)(?:\s?not|n['’]t)\s(?:think|believe|claim|say|mean|agree|accept|conclude|answer|know|write|trust)|cannot\s(?:be sure|say|tell|claim|conclude|believe|agree|accept|decide)|not\s(?:sure|certain|clear|convinced|true)\s(?:that|if|whether)|doubt(?:s|ful)?\b|unsure\b|uncertain\b"
    r"|(?:first|initially|originally|earlier|previously|at first|mistakenly|wrongly|incorrectly|erroneously|falsely)\s(?:i\s|we\s|had\s|was\s){0,2}(?:thought|guessed|got|said|wrote|seemed|seems|claimed|assumed|found|computed|believed|concluded|answered|appears|appeared|looks|looked|suspected|obtained|calculated|stated|gave)"
    r"|(?:my|our|the|an?)\s(?:first|initial|original|earlier|previous|old|wrong|incorrect|naive|false|mistaken|erroneous|flawed|tempting|bad|rejected|discarded|student['’]s)\s(?:\w+\s){0,2}?(?:\Z|thought|guess|answer|attempt|result|value|idea|solution|estimate|number|response|count|calculation)"
    r"|at first (?:glance|sight)|(?:wrong|incorrect|false|naive|mistaken|erroneous)\s(?:\Z|(?:final\s)?(?:answer|guess|result|value|solution|number|count)\b)|(?:many|some|most|several|other)\s(?:\w+\s)?(?:people|students|learners|solvers|readers|books|sources)\b|a\s(?:common|typical|frequent|popular)\s(?:mistake|error|wrong|misconception|trap|incorrect|but)"
    r"|(?:one|you|some|many|people|students?|somebody|someone)\s(?:people\s|students\s)?(?:might|may|could|would|will)\s(?:\w+\s)?(?:think|say|guess|expect|be tempted|believe|argue|claim|object|assume|answer|conclude)"
    r"|(?:someone|somebody|a friend|a student|he|she|they|book|key|textbook|teacher|website|nobody|no one)\s(?:\w+\s)?(?:claims?|claimed|says?|said|thinks?|thought|believes?|believed|wrote|writes|guesse[sd]|answered)"
    r"|(?:suppose|assume|imagine|pretend)\b[^.;]{0,40}\b(?:answer|result|it (?:is|were|was))|used to (?:think|be|believe)|tempting to|tempted to|misprint|typo)"
)
POSSIBLE = pattern(
    r"(?i)(?:\b(?:perhaps|maybe|possibly|conceivably)\b(?!\s(?:\w+ly|not)\b)[^.;]{0,60}|\b(?:might|may|could)\s(?:also\s|well\s|possibly\s|perhaps\s|still\s|then\s|have\s){0,2}(?:be|been|equal)[\s:,]{0,3}(?:[A-Za-z]\w?\s?=\s?)?)\Z"
)
SUPPOSED = pattern(
    r"(?i)\b(?:suppose|supposing|assume|imagine|pretend|if|whether|unless|until|were|had|in case|let['’]?s say|let us say|as if)\s(?:that\s)?(?:the|our|your|my|its|this|this final|their)?\s?(?:final|correct|right|required|true|desired)?\s?\Z"
)
COUNTERFACTUAL = pattern(r"\b(?:if|had|were|without|with)\b[^.;]{1,120}\bwould\b[^.;]{0,60}\Z", _I)
BUT = pattern(
    r"(?i)\b(?:but|however|yet|now|finally|instead|so|therefore|thus|hence|whereas|in fact|actually|while)\b|而是|但|所以|因此"
)

# After a candidate, from its end.
DENIED_AFTER = pattern(
    r"(?i)\s{0,3},?\s{0,3}(?:which\s|but this\s|and this\s)?(?:contradicts|contradicting|is a contradiction|leads to a contradiction|a contradiction)"
    r"|\s{0,3}[,–—-]?\s{0,3}\(?(?:(?:which|but|and|though|although)\s)?(?:(?:this|that|it|the answer|the latter)\s)?"
    r"(?:(?:is|was|are|were|would be|would have been|seems|looks|turns out to be|turned out to be|is clearly|is obviously|is definitely|is actually|is plainly|must be|cannot be|can['’]t be|could not be|isn['’]t|wasn['’]t|can not be|should be|has been|should have been)\s"
    r"(?:clearly\s|actually\s|obviously\s|also\s|definitely\s|simply\s|certainly\s|therefore\s|thus\s|just\s|the\s|an?\s|my\s|our\s|only\s){0,3}"
    r"(?:wrong\b(?!\sto)|incorrect\b(?!\sto)|false\b|impossible\b(?!\sto)|mistake|error\b|too\s(?:large|small|big|high|low|many|few)\b|invalid|absurd|rejected|excluded|extraneous|ruled out|discarded|inadmissible|misprint|typo|nonsense|out of the question|retracted|withdrawn"
    r"|not\s(?:the|right|correct|valid|possible|a (?:valid|possible|solution|correct)|our|what|allowed|it\b|acceptable|true|an answer|my|admissible)"
    r"|(?:first|initial|original|previous|old|earlier|intermediate|naive)\s(?:guess|attempt|answer|value|idea|result|thought|number|estimate|step)|number of the (?:exercise|problem|question|page|task)|(?:exercise|problem|question|page)\snumber|example\b|placeholder|what the (?:other|book)|correct\?)"
    r"|(?:cannot be|can['’]t be|could not be|isn['’]t|is not|was not|wasn['’]t)\s(?:the|right|correct|our|it\b|true|possible|what|valid|a solution)"
    r"|(?:does not|doesn['’]t|do not|did not|cannot|can['’]t)\s(?:work|satisfy|hold|fit|count|qualify)|fails\b)"
    r"|\s{0,3}[(\[]\s?(?:this is\s|that is\s)?(?:wrong|incorrect|rejected|false|not (?:right|correct|the answer|valid)|discarded|extraneous|crossed out)"
    r"|\s{0,2}(?:不是|是错|不对|不正确|错误|不可能|不符合|舍去)"
)

# A sentence after a candidate that takes it back.
_STARTS = r"(?:(?:wait|no|nope|hmm+|hm|oh|ah|oops|ups|sorry|actually|but|however|and|well|although|though|so|then|unfortunately|argh|ugh)\b[\s,.!—–:…-]{0,4}){0,4}"
_ADVERB = r"(?:clearly\s|actually\s|obviously\s|also\s|definitely\s|simply\s|probably\s|just\s|still\s|all\s|completely\s|not\s(?=wrong)){0,2}"
RETRACTION = pattern(
    rf"(?i)[\s*_>#(\[\"'“-]{{0,8}}(?:{_STARTS}(?:that|this|it|which|these|the (?:above|previous|earlier|boxed|given)(?: answer| result| value| solution)?|the (?:answer|result|value|box|number|solution)(?: above)?|my (?:previous |earlier )?(?:answer|result|solution|calculation)(?: above)?|our (?:answer|result)|i|something|everything)"
    r"(?:['’]s|['’]m|\sis|\swas|\sseems|\slooks|\scannot be|\scan['’]t be|\sam|\sisn['’]t|\swere)\s"
    rf"{_ADVERB}(?:(?:wrong|incorrect|mistaken|false|off by|impossible|nonsense|contradict\w*|a mistake|an error|too (?:large|small|big|high|low))\b(?!\s(?:to|way|only if|that|for)\b)|not (?:right|correct|the (?:right|correct|final|true)?\s?answer|true|possible)|(?:right|correct|the (?:answer|correct answer))\?)"
    rf"|{_STARTS}(?:that|this|it|which)\s(?:does not|doesn['’]t|cannot|can['’]t|did not|didn['’]t)\s(?:work|hold|satisfy|fit|make sense|look right|check out|seem right|add up|match|be (?:right|correct))"
    rf"|{_STARTS}(?:i|we|you)(?:['’]ve|\shave|\shad|\sjust|\salso|\sthink i|\srealized? i|\sbelieve i|\ssee that i|\snoticed? (?:that )?(?:i|we)){{0,2}}\s(?:(?:made|making)(?=\s(?:an?|some|the|two|several|this|my)\s(?:\w+\s){{0,3}}?(?:errors?|mistakes?|slip|typo|miscalculation|blunder|oversight)\b)|forgot(?!\s(?:nothing|to (?:mention|say|add)))|miscounted|misread|miscalculated|overlooked|missed|mixed up|overcounted|undercounted|miswrote|swapped|dropped|mistyped|misapplied|misinterpreted|need to (?:re|correct|fix)|must correct|should have(?=\s(?:been|got|had|found|taken|\w{{2,}}ed)\b)|take (?:it|that|this) back|was wrong|were wrong|am wrong|am not sure|messed|double[- ]?counted|neglected|(?:used|applied|took|had|chose|wrote|copied|computed) (?:the|a|an) (?:wrong|incorrect)|was mistaken|got it wrong|retract|withdraw|am no longer)\b"
    rf"|{_STARTS}(?:it|that|this|the (?:answer|result|value|box)|the (?:correct|right|real|true|actual|final) (?:answer|value|result|number|count))\s(?:should|must|has to|ought to|needs to|would)\s(?:rather |instead |actually |really |in fact |probably ){{0,2}}(?:be|have been|equal|read)\b(?!\s?(?:noted|clear|emphasi[sz]ed|mentioned|pointed|remembered|obvious|stressed|remarked|the case|kept|so\b|true|in\b|given|correct|right|positive|negative|an?\s|the same|checked|expressed|at least|at most|less|greater|possible|easy|written))"
    rf"|{_STARTS}(?:there (?:is|was|must be|seems to be)|found)\s(?:an?|some|my)\s(?:\w+\s)?(?:error|mistake|slip|typo|problem with (?:this|that|my)|flaw)\s?(?:above|in (?:my|the|this|that|our)\b(?!\s(?:problem|question|statement|book|text))|somewhere|here|earlier|$|[.,;])"
    r"|(?:actually|but|however|no|wait|oops|sorry)[\s,]{1,3}(?:\w+\s){0,2}the (?:correct|right|true|real|actual)\s(?:\w+\s)?(?:answer|value|result|number|count|probability|sum|total|area|length|solution)\s(?:is|was|equals|would be)\b"
    r"|(?:wait|hmm+|hm|oops|ups|hold on|scratch that|correction|erratum|edit|on second thoughts?|never ?mind|let me (?:re-?(?:check|do|compute|consider|calculate|think|count|examine|evaluate|visit|start|try)|fix|correct|start over|try again|think again|redo)|no,? wait|strike that|(?:please )?disregard|(?:please )?ignore (?:that|this|my|the (?:above|box|previous))|or (?:is it|should it|could it be|maybe|perhaps)|(?:unfortunately|but|however|actually)[\s,]{1,3}(?:this|that|it)\s(?:fails|breaks down|is off)|my mistake|my bad|my apologies|i apologi[sz]e|sorry, (?:i|that|this|it|the))\b(?!\sfor (?:a|the) (?:moment|second))"
    r"|(?:no|nope|sorry)[,.!—–-](?!\s{0,2}(?:there (?:is|are)|nothing|none|other|further|more|need|matter|doubt|wonder|problem|calculator|calculation|such)\b)"
    rf"|{_STARTS}(?:i|we) (?:do not|don['’]t|am not|cannot|can['’]t) (?:think|believe|trust|sure)\b[^.]{{0,20}}\b(?:this|that|it|right|correct)\b"
    r"|(?:等等|等一下|不对|有误|错了|更正|抱歉|应该是|我算错|答案应))"
)
BLAMES_OTHERS = pattern(
    r"(?i)\b(?:common|mistake is|one might|some (?:may|might|people|students)|if (?:you|one|we)|someone|forget(?:ting)?|would have|students?|instead of|alternative|other (?:approach|answer|option)s?)\b"
)
"""A sentence on what others do wrong takes nothing back."""
INTERJECTION = pattern(
    r"(?i)[\s*_>#(\[\"'“-]{0,8}(?:but\s|no,?\s|oh,?\s)?(?:wait|hmm+|hm|oops|ups|sorry|hold on|scratch that|correction|no\b)"
)
"""What no sentence about others begins with."""
HYPOTHETICAL = pattern(r"\bwould\b.{0,80}\b(?:if|had|without|were)\b|\b(?:if|had|without|were)\b.{0,80}\bwould\b", _I)
"""A sentence on another problem takes nothing back, either."""
HARMLESS_ASIDE = pattern(r"\((?:and\s)?(?:not|rather than|instead of|note)\b[^()\n]{0,160}\)", _I)
ALTERNATIVE = pattern(
    r"(?is)[\s$,*)\\}\]]{0,6}(?:\\q?quad\s?)?(?:\\text\{\s?)?\(?\b(?P<word>or|and|und|oder)\b\s?(?:possibly|maybe|perhaps|alternatively|also|else|even|likely)?[\s,}{]{0,3}"
    r"(?P<other>\$[^$\n]{1,80}\$|\\\([^\n]{1,80}?\\\)|(?:[A-Za-z]\w?\s?=\s?)?-?\\?[$\d][\w.,/\\{}^%]{0,40}|-?\\(?:frac|sqrt|pi)[\w{}\\^/]{0,40})(?P<then>[^\n]{0,30})"
)
HEDGED_OR = pattern(
    r"(?i)\b(?:or\s(?:possibly|maybe|perhaps|else|alternatively|also|even|likely)|alternatively|either|possibly|maybe|perhaps)\b|或者?可能|要么"
)


Phrase = tuple[str, Callable[[], re.Pattern[str]]]
"""A word that the phrase holds, and what follows that word up to the value."""

ASCII: tuple[Phrase, ...] = (
    ("espuesta", pattern(r"(?i)(?:\s(?:final|correcta))?\s?(?:es|[:：])(?![a-z])")),
    ("esposta", pattern(r"(?i)(?:\s(?:final|correta))?\s?(?:é|è|[:：])(?![a-z])")),
    ("ntwort", pattern(r"(?i)\s?(?:ist|lautet|[:：])(?![a-z])")),
    ("eponse", pattern(r"(?i)(?:\s(?:finale|correcte))?\s?(?:est|[:：])(?![a-z])")),
)
OTHERS: tuple[Phrase, ...] = (
    ("答案", pattern(r"\s?(?:就是|便是|即为|应该是|应当是|应为|应是|选择|等于|只能是|是|为|选|[:：=】])+")),
    ("故选", pattern(r"\s?[:：]?")),
    ("最终结果", pattern(r"\s?(?:是|为|[:：=])+")),
    ("答えは", pattern(r"\s?")),
    ("答え", pattern(r"\s?[:：]")),
    ("정답은", pattern(r"\s?")),
    ("답은", pattern(r"\s?")),
    ("твет", pattern(r"\s?(?:[:：]|[–—-]\s)")),
    ("éponse", pattern(r"(?i)(?:\s(?:finale|correcte))?\s?(?:est|[:：])(?![a-z])")),
)
