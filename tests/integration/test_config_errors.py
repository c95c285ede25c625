"""Every mistake of a file in one run, at its place; a broken file never touches what runs."""

import json
import re
import signal

from support.baton import EX_CONFIG, EX_OK
from support.waiting import PATIENCE, wait_until

# What is after `#!` in a line is the code of the mistake whose place the marker `⟨` before it shows.
MISTAKES = """\
version: 1
proces⟨ses: {}                                            #! E-KEY
listeners:
  - { ⟨adress: "127.0.0.1:0" }                            #! E-KEY
  - { address: "127.0.0.1:1", backlog: ⟨many }            #! E-TYPE
  - { address: "127.0.0.1:2", via: ⟨yes }                 #! E-BOOL
hosts:
  - names: [a.test]
    routes:
      - match: { ⟨prefx: /api }                           #! E-KEY
        to: app
      - to: ⟨wbe                                          #! E-REF
      - match: { regex: ⟨"(" }                            #! E-REGEX
        to: app
      - to: app
        timeouts: { connect: ⟨3 }                         #! E-UNIT
      - to: app
        limits: { body_size: ⟨10 }                        #! E-UNIT
      - to: app
        allow: [⟨300.1.2.3/8]                             #! E-VALUE
      - to: app
        ⟨redirect: https://x.test                         #! E-CONFLICT
    ⟨routes: []                                           #! E-DUP
upstreams:
  app:
    endpoints: ["127.0.0.1:3000"]
    balance: ⟨leastrequest                                #! E-VALUE
  bad:
    endpoints: [⟨"127.0.0.1"]                             #! E-VALUE
drain:
  timeout: ⟨${NOT_SET_ANYWHERE}                           #! E-ENV
"""


def without_markers(text):
    """(YAML, [(line, column, code)]): the columns count bytes from 1."""
    lines, places = [], []
    for number, line in enumerate(text.splitlines(), 1):
        line, _, code = line.partition("#!")
        line = line.rstrip()
        if code:
            start = line.index("⟨")
            # A marker inside a word stands for the start of that word.
            column = start
            while column > 0 and (line[column - 1].isalnum() or line[column - 1] == '"'):
                column -= 1
            places.append((number, column + 1, code.strip()))
            line = line.replace("⟨", "")
        lines.append(line)
    return "\n".join(lines) + "\n", places


YAML, PLACES = without_markers(MISTAKES)
FINDING = re.compile(r"(?P<file>[^:\s]+):(?P<line>\d+):(?P<column>\d+): error: (?P<message>.+) \[(?P<code>[A-Z-]+)\]$", re.M)


def findings(text):
    return {(int(match["line"]), int(match["column"]), match["code"]) for match in FINDING.finditer(text)}


def test_every_mistake_is_reported_at_its_line_and_column(baton):
    proxy = baton(start=False)
    proxy.write_config(YAML)
    answer = proxy.command("check")
    assert answer.returncode == EX_CONFIG
    assert len(PLACES) >= 10
    found = findings(answer.stdout + answer.stderr)
    assert set(PLACES) <= found, f"missing: {sorted(set(PLACES) - found)}\n{answer.stdout}{answer.stderr}"


def test_a_message_shows_the_line_a_caret_and_what_was_meant(baton):
    proxy = baton(start=False)
    proxy.write_config(YAML)
    answer = proxy.command("check")
    text = answer.stdout + answer.stderr
    assert "did you mean `prefix`?" in text
    assert "did you mean `least_request`?" in text
    assert re.search(r"\n +\d+ \| +- match: \{ prefx: /api \}\n +\| +\^~+", text), text
    assert not re.search(r"\x1b\[", text), "no colour where nobody looks"


def test_json_findings_are_one_object_a_line(baton):
    proxy = baton(start=False)
    proxy.write_config(YAML)
    answer = proxy.command("check", "--format", "json")
    assert answer.returncode == EX_CONFIG
    objects = [json.loads(line) for line in answer.stdout.splitlines() if line]
    places = {(one["line"], one["column"], one["code"]) for one in objects if one["severity"] == "error"}
    assert set(PLACES) <= places


def test_run_refuses_a_broken_file(baton):
    proxy = baton(start=False)
    proxy.write_config(YAML)
    proxy.start(wait=False)
    assert proxy.process.wait(30 * PATIENCE) == EX_CONFIG
    assert set(PLACES) <= findings(proxy.error_text())


def test_a_reload_of_a_broken_file_changes_nothing_and_says_why(proxied):
    proxy, _ = proxied()
    master, workers = proxy.master_pid, proxy.worker_pids()
    with proxy.client() as client:
        assert client.get("/").status == 200
        # The command finds the control socket in spite of the mistakes.
        proxy.write_config(YAML + f"process:\n  runtime_dir: {proxy.runtime}\n")
        answer = proxy.command("reload")
        assert answer.returncode == EX_CONFIG
        assert set(PLACES) <= findings(answer.stdout + answer.stderr)
        proxy.signal(signal.SIGHUP)
        wait_until(lambda: proxy.error_text().count("reload.failed") == 2, "both refusals are logged")
        # The same connection, served by the same processes.
        assert client.get("/").status == 200
    assert (proxy.master_pid, proxy.worker_pids()) == (master, workers)
    assert proxy.get("/").status == 200


def test_a_syntax_error_says_where(baton):
    proxy = baton(start=False)
    proxy.write_config("listeners: [\n  \"127.0.0.1:0\"\nhosts: {}}\n")
    answer = proxy.command("check")
    assert answer.returncode == EX_CONFIG
    assert "E-SYNTAX" in answer.stdout + answer.stderr


def test_a_missing_file_says_so(baton):
    proxy = baton(start=False)
    proxy.config_file.unlink()
    answer = proxy.command("check")
    assert answer.returncode == EX_CONFIG
    assert str(proxy.config_file) in answer.stdout + answer.stderr


def test_a_good_file_passes_and_the_examples_do(baton):
    proxy = baton(upstreams={"app": ["127.0.0.1:3000"]}, start=False)
    assert proxy.command("check").returncode == EX_OK
    proxy.write_config("""\
listeners:
  - ":8080"
hosts:
  - routes:
      - to: app
upstreams:
  app: ["127.0.0.1:3000"]
""")
    answer = proxy.command("check")
    assert answer.returncode == EX_OK, answer.stderr


def test_the_configuration_may_be_split_over_files(baton, upstream):
    app = upstream()
    proxy = baton(start=False)
    (proxy.folder / "hosts").mkdir()
    (proxy.folder / "hosts" / "a.yaml").write_text('hosts: [{ names: [a.test], routes: [{ respond: { body: "a" } }] }]\n')
    (proxy.folder / "hosts" / "b.yaml").write_text("hosts: [{ names: [b.test], routes: [{ to: app }] }]\n")
    proxy.sections["include"] = ["hosts/*.yaml"]
    proxy.sections["upstreams"] = {"app": [app.endpoint]}
    del proxy.sections["hosts"]
    proxy.write_config()
    proxy.start()
    assert proxy.get("/", host="a.test").body == b"a"
    assert proxy.get("/", host="b.test").body == b"ok"


def test_variables_of_the_environment_fill_scalars(baton, upstream):
    app = upstream()
    proxy = baton(start=False, environment={"BATON_TEST_ENDPOINT": app.endpoint})
    proxy.sections["upstreams"] = {"app": ["${BATON_TEST_ENDPOINT}"]}
    proxy.write_config()
    proxy.start()
    assert proxy.get("/").status == 200


def test_schema_and_dump_come_from_the_same_table(baton):
    proxy = baton(upstreams={"app": ["127.0.0.1:3000"]}, start=False)
    schema = json.loads(proxy.command("config", "schema").stdout)
    assert {"listeners", "hosts", "upstreams", "process", "drain"} <= set(schema["allOf"][0]["properties"])
    dump = proxy.command("config", "dump")
    assert dump.returncode == EX_OK
    assert "idle_grace" in dump.stdout and "127.0.0.1:3000" in dump.stdout
