# SPDX-License-Identifier: Apache-2.0
"""Where credentials come from: botocore's resolver is the judge, given the same environment and files.

Services are local and give keys that tell how they were asked for.  WEIR_SEED is the seed (1), WEIR_CREDS_WORLDS how
many environments.
"""

import json
import os
import random
import subprocess

import pytest

session_module = pytest.importorskip("botocore.session", reason="python3-botocore is not installed")
from botocore.credentials import create_credential_resolver  # noqa: E402

from creds_world import EXPIRES, Services, World, role_key  # noqa: E402

SEED = int(os.environ.get("WEIR_SEED", "1"))
WORLDS = int(os.environ.get("WEIR_CREDS_WORLDS", "400"))


class Sts:
    """As the one in Services, without the network."""

    def __init__(self, source: str):
        self.source = source

    def answer(self, source: str, given: dict) -> dict:
        session = given["RoleSessionName"]
        name = role_key(given["RoleArn"], source, "" if session.startswith("botocore-") else session,
                        given.get("ExternalId", ""))
        return {"Credentials": {"AccessKeyId": name, "SecretAccessKey": "s", "SessionToken": "t",
                                "Expiration": EXPIRES}}

    def assume_role(self, **given) -> dict:
        return self.answer(self.source, given)

    def assume_role_with_web_identity(self, **given) -> dict:
        return self.answer(given["WebIdentityToken"].strip(), given)


def judged(world: World, monkeypatch) -> dict | str:
    """The keys and the Region that botocore finds, or why it finds none."""
    for name in list(os.environ):
        if name.startswith("AWS_"):
            monkeypatch.delenv(name)
    for name, value in world.environment.items():
        monkeypatch.setenv(name, value)
    session = session_module.Session(profile=world.profile)
    session.create_client = lambda _, aws_access_key_id="", **__: Sts(aws_access_key_id)
    try:
        found = create_credential_resolver(session).load_credentials()
        if not found:
            return "none"
        keys = found.get_frozen_credentials()
        return {"access_key": keys.access_key, "secret_key": keys.secret_key, "token": keys.token,
                "region": session.get_config_variable("region")}
    except Exception as error:  # pylint: disable=broad-except
        return repr(error)
    finally:
        monkeypatch.undo()


def ours(build, world: World, url: str) -> dict | str:
    flags = ["--profile", world.profile] if world.profile else []
    done = subprocess.run([build / "weir-creds", *flags], check=False, text=True, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, env={**world.environment, "AWS_ENDPOINT_URL_STS": url})
    if done.returncode != 0:
        assert done.returncode in (2, 3, 5) and done.stderr.startswith("weir-creds: "), done.stderr
        return done.stderr
    found = json.loads(done.stdout)
    del found["name"]
    return found


def test_random_environments_lead_to_the_credentials_that_botocore_finds(build, monkeypatch, tmp_path):
    found = set()
    with Services() as services:
        for number in range(WORLDS):
            folder = tmp_path / str(number)
            folder.mkdir()
            world = World(random.Random(f"{SEED}/{number}"), folder, services.url)
            theirs, mine = judged(world, monkeypatch), ours(build, world, services.url)
            place = f"WEIR_SEED={SEED}, world {number}\n{world}"
            assert isinstance(mine, str) == isinstance(theirs, str), f"{theirs}\n{mine}\n{place}"
            assert isinstance(mine, str) or mine == theirs, place
            found.add(mine if isinstance(mine, str) else mine["access_key"])
    assert WORLDS < 100 or len(found) > 25, found
