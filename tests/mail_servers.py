"""Real mail servers for tests: a private Dovecot (Debian's dovecot-imapd) and aiosmtpd, on free ports, in a folder."""

import contextlib
import getpass
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from dataclasses import dataclass, field
from email import message_from_bytes
from pathlib import Path

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult
from imapclient import IMAPClient

PASSWORD = "orchid-lantern-42"
CONFIG = """
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/log
instance_name = zhike-test
protocols = imap
listen = 127.0.0.1
ssl = no
disable_plaintext_auth = no
mail_fsync = never
mail_location = maildir:{folder}/mail/%u
default_login_user = {login_user}
default_internal_user = {internal_user}
default_internal_group = {internal_group}
first_valid_uid = 0
service imap-login {{
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = 0
  }}
  chroot =
}}
service anvil {{
  chroot =
}}
service stats {{
  chroot =
}}
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={folder}/home/%u
}}
namespace inbox {{
  inbox = yes
  mailbox "Sent Messages" {{
    auto = subscribe
    special_use = \\Sent
  }}
}}
"""


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


class Dovecot:
    """An IMAP server in which every user name exists, with one password."""

    def __init__(self):
        self.folder = Path(tempfile.mkdtemp(prefix="zhike-dovecot-", dir="/tmp"))
        self.port = free_port()
        is_root = os.geteuid() == 0
        me, group = getpass.getuser(), os.getgid()
        nobody = pwd.getpwnam("nobody")  # Dovecot delivers nobody's mail as root
        mail_user, mail_group = (nobody.pw_uid, nobody.pw_gid) if is_root else (os.geteuid(), group)
        for name in ("mail", "home"):
            (self.folder / name).mkdir()
            (self.folder / name).chmod(0o777)
        self.folder.chmod(0o755)
        self.config = self.folder / "dovecot.conf"
        self.config.write_text(
            CONFIG.format(
                folder=self.folder,
                port=self.port,
                password=PASSWORD,
                uid=mail_user,
                gid=mail_group,
                login_user="dovenull" if is_root else me,
                internal_user="dovecot" if is_root else me,
                internal_group="dovecot" if is_root else str(group),
            )
        )
        self.start()

    def start(self) -> None:
        program = shutil.which("dovecot") or "/usr/sbin/dovecot"
        self.process = subprocess.Popen([program, "-F", "-c", str(self.config)], stderr=subprocess.PIPE)
        for _try in range(100):
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), timeout=1):
                return
            if self.process.poll() is not None:
                break
            time.sleep(0.1)
        raise RuntimeError(f"dovecot did not start: {self.process.stderr.read().decode()}{self.log()}")

    def log(self) -> str:
        log = self.folder / "log"
        return log.read_text() if log.exists() else ""

    def stop(self) -> None:
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(20)

    def close(self) -> None:
        self.stop()
        self.process.stderr.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    @contextlib.contextmanager
    def client(self, user: str):
        """Somebody else's mail program, signed in."""
        with IMAPClient("127.0.0.1", self.port, ssl=False, timeout=20) as client:
            client.login(user, PASSWORD)
            yield client

    def put(self, user: str, *letters: bytes, folder: str = "INBOX") -> None:
        """Letters arrive in a folder."""
        with self.client(user) as client:
            if len(letters) > 20:
                client.multiappend(folder, list(letters))
            else:
                for letter in letters:
                    client.append(folder, letter)

    def letters(self, user: str, folder: str = "INBOX") -> list[bytes]:
        """What lies in a folder."""
        with self.client(user) as client:
            client.select_folder(folder, readonly=True)
            found = client.fetch(client.search(["ALL"]), ["BODY.PEEK[]"])
            return [said[b"BODY[]"] for _uid, said in sorted(found.items())]


@dataclass
class Outgoing:
    """An SMTP server that keeps what it gets; `answer` refuses, `wrong` names recipients nobody has."""

    got: list[tuple[str, list[str], bytes]] = field(default_factory=list)
    answer: str = "250 OK"
    wrong: set[str] = field(default_factory=set)
    cut_off: bool = False

    async def handle_RCPT(self, server, session, envelope, address, options):
        if address in self.wrong:
            return "550 no such user"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        if self.answer.startswith("250"):
            self.got.append((envelope.mail_from, list(envelope.rcpt_tos), envelope.content))
        if self.cut_off:  # taken, and the line breaks before the last word
            server.transport.abort()
            return "421 gone"
        return self.answer

    def messages(self) -> list:
        """What arrived, parsed by the standard library."""
        return [message_from_bytes(content) for _sender, _to, content in self.got]


def _signed_in(server, session, envelope, mechanism, data):
    return AuthResult(success=data.password == PASSWORD.encode())


@contextlib.contextmanager
def smtp_server(outgoing: Outgoing):
    """Run it; gives its port."""
    controller = Controller(
        outgoing,
        hostname="127.0.0.1",
        port=free_port(),
        authenticator=_signed_in,
        auth_required=True,
        auth_require_tls=False,
    )
    controller.start()
    try:
        yield controller.port
    finally:
        controller.stop()
