#!/usr/bin/env python3
"""What the PDFs of reports are measured against: the same table, printed by WeasyPrint and by Chromium.

Rows x 31 days, with the columns of the account-level report; each bar is a cell with a colour and a letter. Prints milliseconds, largest
resident memory (all processes of the tool) and bytes. `bench_print.py [rows ...]`; each print has ten minutes.
"""

import os
import resource
import subprocess
import sys
import tempfile
import time

VENV = os.path.expanduser("~/.cache/holdfast/weasyprint/bin/python")
PATIENCE = 600
STYLE = """@page { size: A4 landscape; margin: 12mm; @bottom-right { content: counter(page) " of " counter(pages) } }
body { font: 8pt sans-serif } table { border-collapse: collapse; width: 100% } thead { display: table-header-group }
td, th { padding: 1mm; text-align: left } tr { break-inside: avoid } .d { padding: 0; width: 2.4mm; text-align: center; font-size: 5pt }
.h { background: #2e7d4f; color: #fff } .u { background: #b3362b; color: #fff } .n { background: #ccc }"""


def table(rows):
    head = "<th>Account</th><th>Last backup</th><th>Objects</th><th>Size</th><th>Workloads</th>" + "".join(f"<th class=d>{day}</th>" for day in range(1, 32))
    lines = []
    for row in range(rows):
        days = "".join(f'<td class="d {"hhhhhun"[(row * 7 + day * 3) % 7]}">{"HHHHHUN"[(row * 7 + day * 3) % 7]}</td>' for day in range(31))
        lines.append(f"<tr><td>person{row}@example.com</td><td>2026-10-31 02:{row % 60:02}</td><td>{row * 37 % 90000}</td><td>{row % 900} MB</td><td>MCO</td>{days}</tr>")
    return f"<!doctype html><html lang=en><meta charset=utf-8><title>Report</title><style>{STYLE}</style><table><thead><tr>{head}</tr></thead><tbody>{''.join(lines)}</tbody></table>"


def largest(root):
    """Largest resident memory right now of a process and all below it, KiB."""
    parents, sizes = {}, {}
    for name in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{name}/stat") as stat:
                parents[int(name)] = int(stat.read().rsplit(")", 1)[1].split()[1])
            with open(f"/proc/{name}/statm") as statm:
                sizes[int(name)] = int(statm.read().split()[1]) * resource.getpagesize() // 1024
        except OSError:
            continue
    total = 0
    for process in sizes:
        above = process
        while above not in (0, 1, root):
            above = parents.get(above, 0)
        total += sizes[process] if above == root else 0
    return total


def printed(tool, command, pdf):
    begun, most = time.monotonic(), 0
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while process.poll() is None:
        if time.monotonic() - begun > PATIENCE:
            process.kill()
            return f"{tool}: not done after {PATIENCE} s, {most // 1024} MB"
        most = max(most, largest(process.pid))
        time.sleep(0.05)
    took = (time.monotonic() - begun) * 1000
    if process.returncode != 0 or not os.path.exists(pdf):
        return f"{tool}: failed with {process.returncode}"
    return f"{tool}: {took:.0f} ms · {most // 1024} MB at most · {os.path.getsize(pdf) // 1000} KB"


def main():
    for rows in map(int, sys.argv[1:] or ["100", "1000", "10000"]):
        with tempfile.TemporaryDirectory() as folder:
            page, pdf = f"{folder}/table.html", f"{folder}/table.pdf"
            with open(page, "w") as file:
                file.write(table(rows))
            weasy = [VENV, "-c", f"import weasyprint; weasyprint.HTML('{page}').write_pdf('{pdf}')"]
            print(f"{rows:>7} rows:", printed("WeasyPrint", weasy, pdf), flush=True)
            if os.path.exists(pdf):
                os.remove(pdf)
            chromium = ["chromium", "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={folder}/profile", f"--print-to-pdf={pdf}", f"file://{page}"]
            print(f"{rows:>7} rows:", printed("Chromium", chromium, pdf), flush=True)


main()
