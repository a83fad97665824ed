"""An interrupted run ends, whatever the servers do that it waits for."""

import os
import signal
import socket
import subprocess
import sys

import yaml

from tests.run.bot import Bot


def test_an_interrupt_does_not_wait_for_a_server_that_never_answers(bot: Bot) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        forge = {"name": "corp", "kind": "gitlab", "url": f"http://127.0.0.1:{server.getsockname()[1]}", "token-env": "FORGE_TOKEN"}
        config = {"mapping": ["schema1.csv"], "cache": "cache", "forges": [forge], "repositories": [{"forge": "corp", "name": "acme/deploy"}]}
        (bot.folder / "redigest.yaml").write_text(yaml.safe_dump(config))
        command = [sys.executable, "-m", "redigest", "run"]
        environment = {**os.environ, "FORGE_TOKEN": "not-a-real-token-77"}
        with subprocess.Popen(command, cwd=bot.folder, env=environment, stderr=subprocess.PIPE, text=True) as process:
            connection, _ = server.accept()  # now git waits
            with connection:
                process.send_signal(signal.SIGINT)
                _, said = process.communicate(timeout=60)
    assert (process.returncode, said.strip()) == (130, "redigest: interrupted")
