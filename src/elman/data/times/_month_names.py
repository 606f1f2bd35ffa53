"""Month names of other languages than English, as their English abbreviations."""

from __future__ import annotations

import polars as pl

from ._forms import MONTHS

# From January to December; no word means two months in different languages.
_NAMES = {
    "German": "januar jänner jan|februar feber feb|märz maerz mrz mär|april apr|mai"
    "|juni jun|juli jul|august aug|september sept sep|oktober okt|november nov"
    "|dezember dez",
    "French": "janvier janv jan|février fevrier févr fevr fév fev|mars|avril avr|mai"
    "|juin|juillet juil|août aout aoû|septembre sept|octobre oct|novembre nov"
    "|décembre decembre déc dec",
    "Spanish": "enero ene|febrero feb|marzo mar|abril abr|mayo may|junio jun|julio jul"
    "|agosto ago|septiembre setiembre sept set|octubre oct|noviembre nov"
    "|diciembre dic",
    "Italian": "gennaio gen|febbraio feb|marzo mar|aprile apr|maggio mag|giugno giu"
    "|luglio lug|agosto ago|settembre set|ottobre ott|novembre nov|dicembre dic",
    "Dutch": "januari jan|februari feb|maart mrt|april apr|mei|juni jun|juli jul"
    "|augustus aug|september sep|oktober okt|november nov|december dec",
    "Portuguese": "janeiro jan|fevereiro fev|março marco mar|abril abr|maio mai"
    "|junho jun|julho jul|agosto ago|setembro set|outubro out|novembro nov"
    "|dezembro dez",
    "Scandinavian": "januar januari jan|februar februari feb|mars marts|april apr"
    "|maj mai|juni jun|juli jul|august augusti aug|september sep|oktober okt"
    "|november nov|december desember des dec",
}
FOREIGN = {
    word: MONTHS[number]
    for names in _NAMES.values()
    for number, words in enumerate(names.split("|"))
    for word in words.split()
}
_ENGLISH = {
    *MONTHS,
    *("january", "february", "march", "april", "june", "july", "august", "sept"),
    *("september", "october", "november", "december"),
}
# Set 12 and gen 10 are no months where no other month stands in the column.
_OTHER_WORDS = {"set", "out", "des", "gen", "ago", "mars"}
_DAYS = (
    "montag dienstag mittwoch donnerstag freitag samstag sonnabend sonntag mo di mi do"
    " fr sa so lundi mardi mercredi jeudi vendredi samedi dimanche lun mer jeu ven sam"
    " dim lunes martes miércoles jueves viernes sábado domingo mié jue vie sáb dom"
    " lunedì martedì mercoledì giovedì venerdì sabato domenica gio sab maandag dinsdag"
    " woensdag donderdag vrijdag zaterdag zondag ma wo vr za zo segunda-feira"
    " terça-feira quarta-feira quinta-feira sexta-feira seg ter qua qui sex"
)
WEEKDAY = rf"(?i)^(?:{_DAYS.replace(' ', '|')}|mar[.,]+)\.?,? +([0-9])"
_WORD = r"\p{L}{3,}"
_EDGE = r"(\P{L}|$)"


def in_english(text: pl.Series) -> tuple[pl.Series, str | None]:
    """Return texts with month names in English, and a name that was not."""
    used = text.str.to_lowercase().str.extract_all(_WORD).explode().unique()
    words = [w for w in used.drop_nulls().sort() if w in FOREIGN and w not in _ENGLISH]
    alone = set(used) & (set(FOREIGN) | _ENGLISH) <= _OTHER_WORDS
    if alone and not text.str.contains(r"[0-9]{4}").all():
        return text, None
    if not words:
        return text, None
    for word in words:
        pattern = rf"(?i)(^|\P{{L}}){word}\.?{_EDGE}"
        text = text.str.replace_all(pattern, f"${{1}}{FOREIGN[word]}${{2}}")
    # 5 de enero de 2020, and what is left of 1er mars 2020.
    text = text.str.replace_all(r"(?i) (?:de|del) ", " ")
    return text.str.replace(r"(?i)^1er ", "1 "), words[0]
