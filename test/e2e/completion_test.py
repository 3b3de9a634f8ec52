"""Completion as shells do it. Shells that are not installed are skipped."""

import os
import pathlib
import pty
import re
import select
import shutil
import subprocess
import tempfile
import time
import unittest

from broker import POLYLOG, clean_environment
from client import BrokerTest

SECONDS = 20
PROMPT = "ready> "


class ShellTest(BrokerTest):
    """A folder with the program in the PATH, a file and a broker with two topics."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.folder = pathlib.Path(cls.enterClassContext(tempfile.TemporaryDirectory()))
        (cls.folder / "bin").mkdir()
        (cls.folder / "bin" / "polylog").symlink_to(POLYLOG)
        (cls.folder / "lines one.txt").touch()
        cls.environment = {**clean_environment(), "HOME": str(cls.folder), "TERM": "dumb",
                           "POLYLOG_URL": cls.broker.kafka,
                           "PATH": f"{cls.folder}/bin:{os.environ['PATH']}"}
        for name in ("orders", "orders.dlq"):
            subprocess.run([POLYLOG, "topic", "create", name], check=True, capture_output=True,
                           env=cls.environment, timeout=60)

    def check_common(self, completed):
        """`completed` gives what the shell offers for a line."""
        self.assertEqual(completed("polylog topic de"), ["delete", "describe"])
        self.assertEqual(completed("polylog topic describe ord"), ["orders", "orders.dlq"])
        self.assertEqual(completed("polylog topic create --part"), ["--partitions"])
        self.assertEqual(completed("polylog topic list -o nd"), ["ndjson"])
        self.assertEqual(completed("polylog config describe limits.conn"),
                         ["limits.connections_max", "limits.connections_per_ip_max",
                          "limits.connections_per_ip_max_per_second"])
        self.assertEqual(completed("polylog completion "), ["bash", "fish", "zsh"])
        self.assertEqual(completed("polylog topic describe -b 127.0.0.1:1 ord"), [])
        self.assertEqual(completed("polylog nonsense "), [])


@unittest.skipUnless(shutil.which("bash"), "bash is not installed")
class Bash(ShellTest):
    def completed(self, line):
        """Calls the function as bash does, with the words that it would make of the line."""
        words = [word for part in line.split(" ") for word in re.split("(=)", part) if word]
        if line.endswith((" ", "=")):
            words.append("")
        script = ('. <(polylog completion bash); COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); '
                  '_polylog polylog; printf "%s\\n" "${COMPREPLY[@]}"')
        shell = subprocess.run(["bash", "--norc", "-c", script, "bash", *words],
                               capture_output=True, text=True, timeout=60, check=True,
                               cwd=self.folder, env=self.environment)
        self.assertEqual(shell.stderr, "")
        return sorted(filter(None, shell.stdout.splitlines()))

    def test_bash(self):
        self.check_common(self.completed)
        self.assertEqual(self.completed("polylog topic list --output=nd"), ["ndjson"])
        self.assertEqual(self.completed("polylog pub orders --acks="), ["0", "1", "all"])
        self.assertEqual(self.completed("polylog pub orders lin"), ["lines one.txt"])

    def test_odd_names_are_quoted(self):
        subprocess.run([POLYLOG, "group", "seek", "odd $(name)", "--to", "end", "--topic",
                        "orders", "-y"], check=True, capture_output=True, env=self.environment,
                       timeout=60)
        self.assertEqual(self.completed("polylog group describe odd"), ["odd\\ \\$\\(name\\)"])

    def test_a_tab_in_an_interactive_bash(self):
        typed = typed_into(["bash", "--norc", "--noprofile", "-i"], self.folder, self.environment,
                           ". <(polylog completion bash)", "polylog topic descr\tord\t\t")
        self.assertIn("describe orders", typed)


@unittest.skipUnless(shutil.which("zsh"), "zsh is not installed")
class Zsh(ShellTest):
    def test_a_tab_in_an_interactive_zsh(self):
        for line, expected in (("polylog topic descr\tord\t", "describe orders"),
                               ("polylog topic list --output=nd\t", "--output=ndjson"),
                               ("polylog pub orders lin\t", "lines\\ one.txt"),
                               ("polylog nonsense \t!", "nonsense !")):
            typed = typed_into(["zsh", "-f", "-i"], self.folder, self.environment,
                               "autoload -U compinit; compinit -u -D; . <(polylog completion zsh)",
                               line)
            self.assertIn(expected, typed)


@unittest.skipUnless(shutil.which("fish"), "fish is not installed")
class Fish(ShellTest):
    def completed(self, line):
        script = "polylog completion fish | source; complete -C $argv[1]"
        shell = subprocess.run(["fish", "--no-config", "-c", script, line], capture_output=True,
                               text=True, timeout=60, check=True, cwd=self.folder,
                               env=self.environment)
        self.assertEqual(shell.stderr, "")
        return sorted(offer.split("\t")[0] for offer in shell.stdout.splitlines())

    def test_fish(self):
        self.check_common(self.completed)
        self.assertEqual(self.completed("polylog topic list --output=nd"), ["--output=ndjson"])
        self.assertEqual(self.completed("polylog pub orders lin"), ["lines one.txt"])


def typed_into(shell, folder, environment, setup, line):
    """What a terminal shows after `line` was typed at the prompt of a shell that was set up."""
    leader, follower = pty.openpty()
    with subprocess.Popen(shell, stdin=follower, stdout=follower, stderr=follower, cwd=folder,
                          env={**environment, "PS1": PROMPT}, start_new_session=True) as process:
        os.close(follower)
        try:
            os.write(leader, f"{setup}; echo set''up\n".encode())
            read_until(leader, f"setup\r\n.*{PROMPT}")
            os.write(leader, line.encode())
            # The last key is answered when the shell has nothing more to say for a while.
            shown = read_until(leader, None)
        finally:
            process.kill()
            os.close(leader)
    shown = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]|\x07|\r", "", shown)
    return re.sub(r"[^\x08]\x08", "", shown)  # zsh takes back the space that it put behind a word


def read_until(terminal, mark):
    shown = ""
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline:
        readable, _, _ = select.select([terminal], [], [], 1.5 if mark is None else SECONDS)
        if not readable:
            break
        shown += os.read(terminal, 65536).decode(errors="replace")
        if mark is not None and re.search(mark, shown, re.DOTALL):
            break
    return shown


if __name__ == "__main__":
    unittest.main()
