"""Sentences of 30 languages: each is in its own language and in no other."""

from __future__ import annotations

import pytest

from util.instructions.following import follow

pytest.importorskip("py3langid")

SENTENCES = {
    "en": "The children walked to the market early in the morning and bought apples.",
    "es": "Los niños caminaron al mercado temprano por la mañana y compraron manzanas.",
    "pt": "As crianças foram ao mercado de manhã cedo e compraram maçãs para a avó.",
    "fr": "Les enfants sont allés au marché tôt le matin et ont acheté des pommes.",
    "de": "Die Kinder gingen früh am Morgen zum Markt und kauften Äpfel für ihre Oma.",
    "it": "I bambini sono andati al mercato la mattina presto e hanno comprato delle mele.",
    "ru": "Дети рано утром пошли на рынок и купили яблоки для бабушки.",
    "uk": "Діти рано вранці пішли на ринок і купили яблука для бабусі.",
    "bg": "Децата отидоха рано сутринта на пазара и купиха ябълки за баба си.",
    "pl": "Dzieci poszły wcześnie rano na targ i kupiły jabłka dla swojej babci.",
    "ja": "子どもたちは朝早く市場へ行き、おばあさんのためにりんごを買いました。",
    "ko": "아이들은 아침 일찍 시장에 가서 할머니를 위해 사과를 샀습니다.",
    "ar": "ذهب الأطفال إلى السوق في الصباح الباكر واشتروا التفاح لجدتهم.",
    "fa": "بچه‌ها صبح زود به بازار رفتند و برای مادربزرگشان سیب خریدند.",
    "ur": "بچے صبح سویرے بازار گئے اور انہوں نے اپنی دادی کے لیے سیب خریدے۔",
    "he": "הילדים הלכו לשוק מוקדם בבוקר וקנו תפוחים לסבתא שלהם.",
    "hi": "बच्चे सुबह जल्दी बाज़ार गए और उन्होंने अपनी दादी के लिए सेब खरीदे।",
    "mr": "मुले सकाळी लवकर बाजारात गेली आणि त्यांनी आपल्या आजीसाठी सफरचंदे विकत घेतली.",
    "ne": "केटाकेटीहरू बिहान सबेरै बजार गए र तिनीहरूले आफ्नी हजुरआमाका लागि स्याउ किने।",
    "bn": "ছেলেমেয়েরা খুব সকালে বাজারে গিয়েছিল এবং তাদের দাদির জন্য আপেল কিনেছিল।",
    "pa": "ਬੱਚੇ ਸਵੇਰੇ ਜਲਦੀ ਬਾਜ਼ਾਰ ਗਏ ਅਤੇ ਉਨ੍ਹਾਂ ਨੇ ਆਪਣੀ ਦਾਦੀ ਲਈ ਸੇਬ ਖਰੀਦੇ।",
    "gu": "બાળકો વહેલી સવારે બજારમાં ગયા અને તેમણે તેમની દાદી માટે સફરજન ખરીદ્યા.",
    "ta": "குழந்தைகள் அதிகாலையில் சந்தைக்குச் சென்று பாட்டிக்கு ஆப்பிள்கள் வாங்கினார்கள்.",
    "te": "పిల్లలు తెల్లవారుజామున మార్కెట్‌కు వెళ్లి అమ్మమ్మ కోసం యాపిల్స్ కొన్నారు.",
    "kn": "ಮಕ್ಕಳು ಬೆಳಿಗ್ಗೆ ಬೇಗ ಮಾರುಕಟ್ಟೆಗೆ ಹೋಗಿ ಅಜ್ಜಿಗಾಗಿ ಸೇಬುಗಳನ್ನು ಖರೀದಿಸಿದರು.",
    "ml": "കുട്ടികൾ അതിരാവിലെ ചന്തയിൽ പോയി മുത്തശ്ശിക്കായി ആപ്പിൾ വാങ്ങി.",
    "th": "เด็กๆ ไปตลาดแต่เช้าและซื้อแอปเปิ้ลให้คุณยาย",
    "vi": "Bọn trẻ đi chợ từ sáng sớm và mua táo cho bà của chúng.",
    "sw": "Watoto walikwenda sokoni asubuhi na mapema na kumnunulia bibi yao matofaa.",
    "fi": "Lapset menivät aikaisin aamulla torille ja ostivat omenoita isoäidilleen.",
}
"""ISO 639-1 code -> a sentence of ours about children on a market."""


@pytest.mark.parametrize("language", SENTENCES)
def test_a_sentence_is_in_its_language_alone(language: str) -> None:
    ids = ["language:response_language"] * len(SENTENCES)
    found = follow(ids, [{"language": other} for other in SENTENCES], SENTENCES[language])
    assert {code: each.strict for code, each in zip(SENTENCES, found, strict=True)} == {
        code: code == language for code in SENTENCES
    }
