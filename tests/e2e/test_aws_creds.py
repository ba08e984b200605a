# SPDX-License-Identifier: Apache-2.0
"""Credentials from the services of tests/aws: how they are asked for, kept fresh, and what is said when there are none.

Where they come from at all is judged by botocore, in tests/differential/test_creds.py.
"""

import json
import os
import pathlib
import shlex
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/aws"))
pytest.importorskip("botocore")
from imds import ContainerEndpoint, Imds, LoopbackServer  # noqa: E402
from server import AwsServer  # noqa: E402

ROLE = "arn:aws:iam::444455556666:role/reader"
SESSION, LIST, KEYS = ("PUT /latest/api/token", "GET /latest/meta-data/iam/security-credentials/",
                       "GET /latest/meta-data/iam/security-credentials/test-role")


class Chain:
    """weir-creds with a clock that can be moved on."""

    def __init__(self, build, env: dict[str, str], words: list[str]):
        self.process = subprocess.Popen([build / "weir-creds", "--again", *words], env=env, text=True,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.found = json.loads(self.process.stdout.readline())

    def after(self, seconds: int) -> dict:
        self.process.stdin.write(f"{seconds}\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait(30)
        self.process.stdout.close()
        self.process.stderr.close()


@pytest.fixture(name="environment")
def environment_fixture(tmp_path):
    """No credentials anywhere."""
    return {"HOME": str(tmp_path), "PATH": os.environ["PATH"], "AWS_EC2_METADATA_DISABLED": "true"}


@pytest.fixture(name="start")
def start_fixture(build, environment):
    """start(words…, env=…) → Chain."""
    return lambda *words, env=None: Chain(build, {**environment, **(env or {})}, list(words))


@pytest.fixture(name="find")
def find_fixture(build, environment):
    """find(words…, env=…) → (keys or None, standard error); without keys the exit status is 5."""
    def find(*words: str, env: dict[str, str] | None = None) -> tuple[dict | None, str]:
        done = subprocess.run([build / "weir-creds", *words], check=False, text=True, timeout=60,
                              capture_output=True, env={**environment, **(env or {})})
        assert done.returncode in (0, 5), done.stderr
        return (json.loads(done.stdout) if done.returncode == 0 else None), done.stderr
    return find


def test_instance_metadata_is_asked_with_a_session(find):
    with Imds() as imds:
        found, text = find(env=imds.environment())
        assert found and found["access_key"].startswith("ASIA") and found["token"], text
        assert imds.requests == [SESSION, LIST, KEYS]


def test_a_session_is_kept_and_a_401_begins_another(start):
    with Imds() as imds, start(env=imds.environment()) as chain:
        imds.requests.clear()
        chain.after(6 * 3600 - 299)
        assert imds.requests == [LIST, KEYS]
        imds.expire_sessions()
        imds.requests.clear()
        assert "access_key" in chain.after(20)
        assert imds.requests == [LIST, SESSION, LIST, KEYS]


def test_metadata_that_does_not_answer_is_explained_by_the_hop_limit(find):
    with Imds() as imds:
        imds.silent = True
        found, text = find(env=imds.environment())
        assert not found and "--http-put-response-hop-limit 2" in text and imds.url in text


@pytest.mark.parametrize("how,said", [({"enabled": False}, "instance metadata is switched off"),
                                      ({"role": ""}, "the instance has no role")])
def test_an_instance_without_keys_says_why(find, how, said):
    with Imds() as imds:
        vars(imds).update(how)
        found, text = find(env=imds.environment())
        assert not found and said in text
        assert "none in the environment, none in profile 'default'" in text


def test_a_server_error_is_tried_again_as_often_as_the_environment_says(find):
    with Imds() as imds:
        imds.fail_next(503)
        assert find(env=imds.environment())[0] is None
        imds.fail_next(503)
        assert find(env={**imds.environment(), "AWS_METADATA_SERVICE_NUM_ATTEMPTS": "2"})[0]


def test_version_1_is_only_asked_where_that_is_allowed(find):
    class Old(Imds):
        def session(self, path, headers):
            return 404, {}, b""

    with Old() as imds:
        imds.required = False
        found, text = find(env=imds.environment())
        assert not found and "no session token of version 2" in text
        assert imds.requests == [SESSION]
        assert find(env={**imds.environment(), "AWS_EC2_METADATA_V1_DISABLED": "false"})[0]


def test_metadata_goes_through_no_proxy_and_follows_no_redirect(find):
    class Elsewhere(LoopbackServer):
        def answer(self, method, path, headers):
            return 200, {}, b"x"

    class Redirect(Imds):
        elsewhere = ""

        def answer(self, method, path, headers):
            return 302, {"Location": self.elsewhere + path}, b""

    with Elsewhere() as elsewhere, Redirect() as redirect, Imds() as imds:
        redirect.elsewhere = elsewhere.url
        found, text = find(env=redirect.environment())
        assert not found and "HTTP status 302" in text
        assert find(env={**imds.environment(), "http_proxy": elsewhere.url, "HTTP_PROXY": elsewhere.url})[0]
        assert not elsewhere.requests


def test_keys_that_have_ended_while_the_service_is_down_are_used(find):
    with Imds() as imds:
        imds.lifetime_s = -60
        assert find(env=imds.environment())[0]


def test_keys_are_asked_for_again_five_minutes_before_they_end(start):
    with AwsServer() as aws, start("--role-arn", ROLE, env=aws.environment()) as chain:
        first = chain.found["access_key"]
        assert chain.after(3600 - 330)["access_key"] == first
        assert len(aws.calls) == 1
        second = chain.after(60)["access_key"]
        assert second != first and len(aws.calls) == 2
        assert chain.after(0)["access_key"] == second and len(aws.calls) == 2


def test_keys_serve_to_their_end_while_there_are_no_new_ones(start):
    with AwsServer() as aws, start("--role-arn", ROLE, env=aws.environment()) as chain:
        first = chain.found["access_key"]
        aws.denied.add("sts:AssumeRole")
        assert chain.after(3600 - 200)["access_key"] == first
        asked = len(aws.calls)
        assert chain.after(5)["access_key"] == first and len(aws.calls) == asked
        assert chain.after(6)["access_key"] == first and len(aws.calls) == asked + 1
        assert "AccessDenied" in chain.after(200)["error"]
        aws.denied.clear()
        aws.sts.lifetime_s = 7200
        assert chain.after(1)["access_key"] != first


def test_keys_of_the_environment_end_when_it_says_so(find):
    keys = {"AWS_ACCESS_KEY_ID": "A", "AWS_SECRET_ACCESS_KEY": "SECRET"}
    found, text = find(env={**keys, "AWS_CREDENTIAL_EXPIRATION": "2020-01-01T00:00:00Z"})
    assert not found and "the keys have ended at 2020-01-01T00:00:00Z" in text and "SECRET" not in text
    assert find(env={**keys, "AWS_CREDENTIAL_EXPIRATION": "2099-01-01T00:00:00Z"})[0]["access_key"] == "A"


def test_keys_that_aws_calls_expired_before_their_time_are_asked_for_again(build, environment):
    with AwsServer() as aws, Imds(aws.keys) as imds:
        env = {**environment, "AWS_ENDPOINT_URL": aws.url, **imds.environment()}
        for times, status, asked in ((1, 0, 2), (9, 5, 2)):
            imds.requests.clear()
            aws.fault("expired", action="GetCallerIdentity", times=times)
            done = subprocess.run([build / "tests/aws/call", "sts", "eu-west-1", "GetCallerIdentity"], check=False,
                                  text=True, timeout=60, capture_output=True, env=env)
            assert done.returncode == status, done.stderr
            assert imds.requests.count(KEYS) == asked


def test_roles_by_flag_are_assumed_one_with_the_keys_of_the_other(find):
    with AwsServer() as aws:
        second = "arn:aws:iam::777788889999:role/deep/er"
        aws.sts.roles = {ROLE: None, second: "17"}
        found, text = find("--role-arn", ROLE, "--role-arn", second, "--external-id", "17", env=aws.environment())
        assert found, text
        assert [call.params["RoleArn"] for call in aws.calls] == [ROLE, second]
        assert [call.account for call in aws.calls] == ["111122223333", "444455556666"]
        found, text = find("--role-arn", second, "--external-id", "18", env=aws.environment())
        assert not found and f"role {second}" in text and "AccessDenied" in text
        assert aws.keys.first.secret_key not in text


def test_a_throttled_sts_is_asked_again(find):
    with AwsServer() as aws:
        aws.fault("throttle", action="AssumeRole", times=2)
        found, text = find("--role-arn", ROLE, env=aws.environment())
        assert found, text
        assert len(aws.calls) == 3


def test_a_web_identity_reads_its_token_each_time(start, tmp_path):
    token = tmp_path / "token"
    token.write_text("header.payload.signature\n")
    with AwsServer() as aws:
        env = {"AWS_ENDPOINT_URL": aws.url, "AWS_REGION": "eu-west-1", "AWS_ROLE_ARN": ROLE,
               "AWS_WEB_IDENTITY_TOKEN_FILE": str(token), "AWS_ROLE_SESSION_NAME": "pod"}
        with start(env=env) as chain:
            first = chain.found["access_key"]
            aws.sts.web_identity_token = "the.next.one"
            token.write_text("the.next.one")
            assert chain.after(3500)["access_key"] != first
            assert [call.params["RoleSessionName"] for call in aws.calls] == ["pod", "pod"]
            assert not [call for call in aws.calls if "authorization" in call.headers]
            token.unlink()
            assert "there is no such file" in chain.after(3600)["error"]


def test_a_container_is_asked_with_its_token_read_each_time(start, tmp_path):
    file = tmp_path / "token"
    with ContainerEndpoint() as container:
        file.write_text(container.token + "\n")
        env = {**container.environment(), "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": str(file),
               "AWS_CONTAINER_AUTHORIZATION_TOKEN": "wrong"}
        with start(env=env) as chain:
            container.token = "another"
            file.write_text("another")
            assert chain.after(6 * 3600 - 200)["access_key"] != chain.found["access_key"]
            file.write_text("stale")
            assert "HTTP status 403" in chain.after(300)["error"]


@pytest.mark.parametrize("url", ["http://192.0.2.1/x", "http://localhost.example/x", "http://127.0.0.1@192.0.2.1/x",
                                 "http://127.1/x", "ftp://127.0.0.1/x", "file:///etc/passwd", "http://[::2]/x"])
def test_a_container_is_not_asked_in_the_clear_elsewhere(find, url):
    found, text = find(env={"AWS_CONTAINER_CREDENTIALS_FULL_URI": url})
    assert not found and "neither https nor on this host" in text


def profile_of(tmp_path, command: str) -> None:
    (tmp_path / ".aws").mkdir()
    (tmp_path / ".aws/config").write_text(f"[default]\ncredential_process = {command}\n")


def test_a_process_is_run_without_a_shell_and_reads_nothing_of_ours(find, tmp_path):
    script = tmp_path / "two words"
    script.write_text("#!/bin/sh\ncat\nprintf '{\"Version\": 1, \"AccessKeyId\": \"%s\", \"SecretAccessKey\": \"s\"}' \"$1\"\n")
    script.chmod(0o755)
    profile_of(tmp_path, f"{shlex.quote(str(script))} '$HOME;id'")
    found, text = find()
    assert found and found["access_key"] == "$HOME;id", text


@pytest.mark.parametrize("command,said", [
    ("/bin/sh -c 'echo SECRET; exit 3'", "exit status 3"),
    ("/bin/sh -c 'echo SECRET; kill -9 $$'", "ended by signal 9"),
    ("/nonexistent/program", "cannot be started: No such file or directory"),
    ("/bin/echo SECRET", "expected"),
    ("/bin/sh -c 'head -c 100000 /dev/zero'", "printed more than 65536 bytes"),
    ("'/bin/true", "a quote that is not closed"),
])
def test_a_process_without_keys_is_named_and_its_output_is_not(find, tmp_path, command, said):
    profile_of(tmp_path, command)
    found, text = find()
    assert not found and said in text and "SECRET" not in text
    assert "credential_process of profile 'default'" in text


def test_a_file_that_is_none_of_the_clis_is_named_with_its_line(build, environment, tmp_path):
    (tmp_path / ".aws").mkdir()
    (tmp_path / ".aws/credentials").write_text("[default]\naws_secret_access_key SECRET\n")
    done = subprocess.run([build / "weir-creds"], check=False, text=True, capture_output=True, env=environment)
    assert done.returncode == 3 and "SECRET" not in done.stderr
    assert f"{tmp_path}/.aws/credentials:2: expected '[section]' or 'key = value'" in done.stderr
