"""The 25 instructions by the name that rows give them."""

from __future__ import annotations

from util.instructions import format_rules, language_rules, word_rules
from util.instructions.instruction_arguments import Rule

VERSION = 1
"""Raised when a rule changes: verdicts by other rules are made again."""

INSTRUCTIONS: dict[str, Rule] = {
    "keywords:existence": word_rules.existence,
    "keywords:frequency": word_rules.frequency,
    "keywords:forbidden_words": word_rules.forbidden_words,
    "keywords:letter_frequency": word_rules.letter_frequency,
    "language:response_language": language_rules.response_language,
    "length_constraints:number_sentences": word_rules.number_sentences,
    "length_constraints:number_paragraphs": format_rules.number_paragraphs,
    "length_constraints:number_words": word_rules.number_words,
    "length_constraints:nth_paragraph_first_word": word_rules.first_word_of_paragraph,
    "detectable_content:number_placeholders": format_rules.number_placeholders,
    "detectable_content:postscript": format_rules.postscript,
    "detectable_format:number_bullet_lists": format_rules.number_bullet_lists,
    "detectable_format:constrained_response": format_rules.constrained_response,
    "detectable_format:number_highlighted_sections": format_rules.number_highlighted_sections,
    "detectable_format:multiple_sections": format_rules.multiple_sections,
    "detectable_format:json_format": format_rules.json_format,
    "detectable_format:title": format_rules.title,
    "combination:two_responses": format_rules.two_responses,
    "combination:repeat_prompt": format_rules.repeat_prompt,
    "startend:end_checker": format_rules.end_checker,
    "startend:quotation": format_rules.quotation,
    "change_case:capital_word_frequency": word_rules.capital_word_frequency,
    "change_case:english_capital": language_rules.english_capital,
    "change_case:english_lowercase": language_rules.english_lowercase,
    "punctuation:no_comma": word_rules.no_comma,
}
