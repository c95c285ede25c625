"""The commands that the packaging runs are commands of this binary."""

import re

from support.baton import EX_OK, SOURCE

PROGRAM = re.compile(r"/usr/sbin/baton ([^|\n]*)")


def commands(file):
    """Every `/usr/sbin/baton …` in a file of packaging/, as arguments."""
    return [match[1].split() for match in PROGRAM.finditer((SOURCE / "packaging" / file).read_text())]


def without_config(arguments):
    if "-c" in arguments:
        place = arguments.index("-c")
        return arguments[:place] + arguments[place + 2:]
    return arguments


def test_the_unit_and_the_log_rotation_run_commands_that_work(proxied):
    proxy, _ = proxied()
    found = commands("baton.service") + commands("baton.logrotate")
    assert [arguments[0] for arguments in found] == ["check", "run", "reload", "reopen"]
    for arguments in found:
        if arguments[0] == "run":
            continue
        answer = proxy.command(*without_config(arguments))
        assert answer.returncode == EX_OK, (arguments, answer.stderr)


def test_the_health_check_of_the_image_works(proxied):
    proxy, _ = proxied()
    text = (SOURCE / "docker" / "Dockerfile").read_text()
    arguments = re.search(r"HEALTHCHECK .* CMD \[(.*)\]", text)[1].replace('"', "").split(", ")
    assert arguments[0] == "/usr/sbin/baton"
    assert proxy.command(*arguments[1:]).returncode == EX_OK
