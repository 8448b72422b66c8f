"""What is gone is told, once it is sure, until it is known to have been heard."""

from typing import Any

import pytest


@pytest.fixture
def keeping(runs: Any, tmp_path: Any) -> Any:
    """Runs that look for deletions."""
    runs.config |= {"detect_deletes": True, "known_keys_file": str(tmp_path / "kept" / "keys.db")}
    return runs


def test_what_is_gone_is_told_once(keeping: Any, crm: Any) -> None:
    crm.boxes(5)
    crm.contacts(3)
    crm.load("organizations", {"key": "O", "name": "Firm"})
    first = keeping.sync("boxes", "contacts", "organizations")
    assert (first.deleted(), first.deleted("contacts"), first.deleted("organizations")) == ([], [], [])
    crm.call("DELETE", "/v1/boxes/box-0002")
    crm.call("DELETE", "/v2/contacts/contact-0003")
    crm.call("DELETE", "/v2/organizations/O")
    second = keeping.sync("boxes", "contacts", "organizations", state=first.state)
    assert second.deleted() == ["box-0002"]
    assert second.deleted("contacts") == ["contact-0003"]
    assert second.deleted("organizations") == ["O"]
    (gone,) = [row for row in second.records["boxes"] if row.get("_sdc_deleted_at")]
    assert gone.keys() == {"key", "pipelineKey", "_sdc_deleted_at"}
    assert gone["pipelineKey"] == crm.pipelines["Web Orders"]
    third = keeping.sync("boxes", "contacts", "organizations", state=second.state)
    assert [third.deleted(stream) for stream in ("boxes", "contacts", "organizations")] == [[], [], []]


def test_a_deletion_that_was_not_heard_is_told_again(keeping: Any, crm: Any) -> None:
    crm.boxes(3)
    first = keeping.sync("boxes")
    crm.call("DELETE", "/v1/boxes/box-0002")
    told = keeping.sync("boxes", state=first.state)
    crm.call("DELETE", "/v1/boxes/box-0003")
    again = keeping.sync("boxes", state=first.state)
    assert (told.deleted(), again.deleted()) == (["box-0002"], ["box-0002", "box-0003"])
    assert again.records["boxes"][-2] == told.records["boxes"][-1]
    assert keeping.sync("boxes", state=again.state).deleted() == []


def test_a_box_that_moved_is_not_gone(keeping: Any, crm: Any) -> None:
    crm.boxes(3)
    first = keeping.sync("boxes")
    crm.call("POST", "/v1/boxes/box-0001", json={"pipelineKey": crm.pipelines["Key Accounts"]})
    crm.call("POST", "/v1/boxes/box-0003", json={"pipelineKey": crm.pipelines["Key Accounts"]})
    assert keeping.sync("boxes", state=first.state, pipelines=["Web Orders"]).deleted() == []
    assert keeping.sync("boxes", state=first.state).deleted() == []


def test_pipelines_that_are_not_read_are_not_judged(keeping: Any, crm: Any) -> None:
    crm.boxes(2)
    crm.load("boxes", crm.box(9, "Key Accounts"))
    first = keeping.sync("boxes")
    crm.call("DELETE", "/v1/boxes/box-0009")
    second = keeping.sync("boxes", state=first.state, pipelines=["Web Orders"])
    assert second.deleted() == []
    crm.switch(no_access=[crm.pipelines["Key Accounts"]])
    third = keeping.sync("boxes", state=second.state)
    assert third.deleted() == []
    crm.switch(no_access=[])
    assert keeping.sync("boxes", state=third.state).deleted() == ["box-0009"]


def test_the_boxes_of_a_pipeline_that_is_gone_are_gone(keeping: Any, crm: Any) -> None:
    crm.boxes(2)
    first = keeping.sync("boxes")
    crm.call("DELETE", f"/v1/pipelines/{crm.pipelines['Web Orders']}")
    assert keeping.sync("boxes", state=first.state).deleted() == ["box-0001", "box-0002"]


def test_another_account_does_not_delete_what_this_one_knows(keeping: Any, crm: Any, server: Any) -> None:
    crm.boxes(2)
    first = keeping.sync("boxes")
    other = server.runs.sync("boxes", detect_deletes=True, known_keys_file=keeping.config["known_keys_file"])
    assert other.deleted() == []
    assert keeping.sync("boxes", state=first.state).deleted() == []


def test_a_file_that_can_not_be_used_is_said(keeping: Any, tmp_path: Any) -> None:
    (tmp_path / "text").write_text("no database at all, but long enough to be looked at by SQLite" * 20)
    done = keeping.program(known_keys_file=str(tmp_path / "text"))
    assert done.returncode == 1
    assert "known_keys_file can't be used" in done.stderr
    assert "Traceback" not in done.stderr
