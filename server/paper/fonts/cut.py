"""Makes the fonts of this folder from the full ones: what names and sentences of reports need, without hints and stylistic sets.

    pip install fonttools brotli
    npm pack @expo-google-fonts/inter @expo-google-fonts/noto-sans-arabic …   (unpacked to full/inter, full/noto-sans-arabic, …)
    apt-get install fonts-noto-cjk
    python cut.py full out
"""

import os
import sys

from fontTools import subset

FULL, OUT = sys.argv[1:3]
SCRIPTS = (
    "arabic armenian bengali devanagari ethiopic georgian gujarati gurmukhi hebrew kannada khmer lao malayalam myanmar sinhala tamil telugu thai"
).split()
CJK = "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc"


def private(c):
    return 0xE000 <= c <= 0xF8FF or c >= 0xF0000


def cut(source, target, keep, features, number=0):
    options = subset.Options()
    options.layout_features = features
    options.hinting = False
    options.notdef_outline = True
    options.name_IDs = [0, 1, 2, 3, 4, 5, 6, 13, 14]
    options.font_number = number
    options.glyph_names = False
    options.drop_tables += ["DSIG", "STAT", "meta"] + ([] if features else ["GPOS"])
    font = subset.load_font(source, options)
    covered = font.getBestCmap()
    if "tnum" in features:
        only_digits(font, {covered[c] for c in range(0x30, 0x3A)})
    subsetter = subset.Subsetter(options)
    subsetter.populate(unicodes=[c for c in covered if keep(c)])
    subsetter.subset(font)
    subset.save_font(font, target, options)
    print(target, os.path.getsize(target), len(font.getBestCmap()))


def only_digits(font, digits):
    """Figures of one width, but spaces and signs of their own: so the feature may be on for all text."""
    gsub = font["GSUB"].table
    for record in gsub.FeatureList.FeatureRecord:
        if record.FeatureTag != "tnum":
            continue
        for index in record.Feature.LookupListIndex:
            for table in gsub.LookupList.Lookup[index].SubTable:
                table = getattr(table, "ExtSubTable", table)
                table.mapping = {k: v for k, v in table.mapping.items() if k in digits}


def ideographs():
    """The characters of the national sets: GB 2312, JIS X 0208, the first level of Big5, KS X 1001; kana, jamo, full-width forms."""
    found = set(range(0x3000, 0x3100)) | set(range(0x3131, 0x318F)) | set(range(0xFF00, 0xFFF0))
    double = range(0xA1, 0xFF)
    sets = [
        ("gb2312", range(0xA1, 0xF8), double),
        ("euc_jp", range(0xA1, 0xF5), double),
        ("big5", range(0xA1, 0xC7), [*range(0x40, 0x7F), *double]),
        ("euc_kr", range(0xA1, 0xFE), double),
    ]
    for encoding, rows, columns in sets:
        for row in rows:
            for column in columns:
                try:
                    found.add(ord(bytes((row, column)).decode(encoding)))
                except (UnicodeDecodeError, TypeError):
                    continue
    blocks = ((0x2E80, 0x9FFF), (0xAC00, 0xD7A3), (0xF900, 0xFAFF), (0xFF00, 0xFFEF))
    return {c for c in found if any(first <= c <= last for first, last in blocks)}


os.makedirs(OUT, exist_ok=True)
for name, folder in (("Regular", "400Regular"), ("SemiBold", "600SemiBold")):
    features = ["kern", "tnum", "ccmp", "mark", "mkmk", "locl"]
    cut(f"{FULL}/inter/{folder}/Inter_{folder}.ttf", f"{OUT}/Inter-{name}.ttf", lambda c: not private(c) and c < 0x2C00, features)
for script in SCRIPTS:
    name = script.capitalize()
    source = f"{FULL}/noto-sans-{script}/400Regular/NotoSans{name}_400Regular.ttf"
    cut(source, f"{OUT}/NotoSans{name}-Regular.ttf", lambda c: not private(c) and (c >= 0x300 or c in (0x20, 0xA0)), ["*"])
wanted = ideographs()
cut(CJK, f"{OUT}/NotoSansCJKsc-Regular.otf", lambda c: c in wanted, [], number=2)
