"""Teams, pipelines, stages and fields."""

from __future__ import annotations

from typing import Any

STAGES = ["New Order", "In Fulfillment", "On Hold", "Shipped", "Won", "Lost", "Refunded"]


def stage_names(pipeline: Any) -> list[str]:
    return [pipeline["stages"][key]["name"] for key in pipeline["stageOrder"]]


def test_the_empty_seed_has_the_team_and_its_two_pipelines(streak: Any) -> None:
    team = streak.get("v2/users/me/teams")["results"][0]
    assert team["name"] == "Sandbox Sales"
    assert [member["email"].partition("@")[0] for member in team["members"]] == ["robot", "maya", "tom", "lena"]
    assert len(streak.get(f"v2/teams/{team['key']}/users")["results"]) == 4
    pipelines = streak.get("v1/pipelines")
    assert [pipeline["name"] for pipeline in pipelines] == ["Web Orders", "Key Accounts"]
    for pipeline in pipelines:
        assert (stage_names(pipeline), pipeline["fields"], pipeline["boxCount"]) == (STAGES, [], 0)
    assert streak.get("v2/pipelines") == {"results": pipelines, "hasNextPage": False}


def test_keys_are_the_same_after_every_reset(sandbox: Any, streak: Any) -> None:
    before = [streak.team, streak.pipeline(), streak.box()["key"]]
    sandbox.reset()
    assert before == [streak.team, streak.pipeline(), streak.box()["key"]]


def test_the_demo_seed_has_work_done_by_hand(sandbox: Any, streak: Any) -> None:
    sandbox.reset("demo")
    crm = sandbox.snapshot()["streak"]
    key_accounts = streak.get(f"v1/pipelines/{streak.pipeline('Key Accounts')}")
    assert [field["name"] for field in key_accounts["fields"]] == ["Account Tier"]
    assert {box["pipelineKey"] for box in crm["boxes"]} == {key_accounts["key"]}
    assert (len(crm["boxes"]), len(crm["contacts"]), len(crm["organizations"]), len(crm["tasks"])) == (3, 2, 1, 1)
    assert crm["boxes"][0]["notes"]
    assert crm["boxes"][0]["taskIncompleteCount"] == 1
    assert crm["boxes"][0]["creatorSharingEntry"]["email"] == "maya@sandbox-sales.example"


def test_a_pipeline_in_the_style_of_v1(streak: Any) -> None:
    form = {
        "name": "Sales",
        "teamKey": streak.team,
        "stageNames": "Lead,Won",
        "fieldNames": "Size,Due",
        "fieldTypes": "TEXT_INPUT,DATE",
    }
    made = streak.parsed(streak.send("PUT", "v1/pipelines", data=form))
    assert stage_names(made) == ["Lead", "Won"]
    assert [(field["key"], field["type"]) for field in made["fields"]] == [("1001", "TEXT_INPUT"), ("1002", "DATE")]
    assert made["key"] == made["pipelineKey"]
    insufficient = {"error": "Insufficient params for Pipeline", "success": False}
    assert streak.refused("PUT", "v1/pipelines", data={"teamKey": streak.team}) == (400, insufficient)


def test_a_pipeline_in_the_style_of_v2(streak: Any) -> None:
    body = {"name": "Sales", "teamKey": streak.team, "stages": ["Lead", "Won"]}
    made = streak.post("v2/pipelines", body | {"fields": [{"name": "Tier", "type": "DROPDOWN"}]})
    assert made["fields"][0]["dropdownSettings"] == {"items": []}
    changed = streak.post(f"v2/pipelines/{made['key']}", {"name": "Deals", "stageOrder": ["5002", "5001"]})
    assert (changed["name"], stage_names(changed)) == ("Deals", ["Won", "Lead"])
    assert streak.post(f"v1/pipelines/{made['key']}", {"description": "d"})["name"] == "Deals"
    assert streak.refused("POST", f"v2/pipelines/{made['key']}", json={"stageOrder": ["5001"]})[0] == 400
    assert streak.refused("POST", "v2/pipelines", json={"name": "x"})[0] == 400
    assert streak.delete(f"v2/pipelines/{made['key']}") == {"success": True}


def test_v2_deletes_an_empty_pipeline_only_v1_all_of_it(sandbox: Any, streak: Any) -> None:
    box = streak.box()
    streak.post(f"v2/boxes/{box['key']}/comments", {"message": "hi"})
    assert streak.refused("DELETE", f"v2/pipelines/{streak.pipeline()}")[0] == 400
    assert streak.delete(f"v1/pipelines/{streak.pipeline()}") == {"success": True}
    crm = sandbox.snapshot()["streak"]
    assert (len(crm["pipelines"]), crm["boxes"], crm["comments"]) == (1, [], [])


def test_stage_keys_are_never_given_twice(streak: Any) -> None:
    v1, v2 = (f"{version}/pipelines/{streak.pipeline()}/stages" for version in ("v1", "v2"))
    made = streak.post(v2, {"name": "Returned"})
    assert made["key"] == "5008"
    assert streak.delete(f"{v2}/5008") == {"success": True}
    assert streak.parsed(streak.send("PUT", v1, data={"name": "Repaired"}))["key"] == "5009"
    assert streak.post(f"{v1}/5009", {"name": "Mended"})["name"] == "Mended"
    assert streak.get(v1)["5009"] == streak.get(f"{v1}/5009")
    assert streak.get(f"v1/pipelines/{streak.pipeline()}")["stageOrder"][-1] == "5009"


def test_a_stage_with_boxes_and_the_last_stage_stay(streak: Any) -> None:
    streak.box(stageKey=5003)
    stages = f"v2/pipelines/{streak.pipeline()}/stages"
    assert streak.get(stages)["5003"]["boxCount"] == 1
    assert streak.refused("DELETE", f"{stages}/5003")[0] == 400
    body = {"name": "One", "teamKey": streak.team, "stages": ["Only"]}
    lonely = streak.post("v2/pipelines", body)["key"]
    assert streak.refused("DELETE", f"v2/pipelines/{lonely}/stages/5001")[0] == 400


def test_a_dropdown_gets_options_one_by_one(streak: Any) -> None:
    region = streak.field("Region", "DROPDOWN", "EU")
    path = f"v1/pipelines/{streak.pipeline()}/fields/{region['key']}"
    added = streak.post(path, {"dropdownSettings": {"items": [{"name": "APAC"}]}}, addOnly="true")
    eu, apac = {"key": "9001", "name": "EU"}, {"key": "9002", "name": "APAC"}
    assert added["dropdownSettings"]["items"] == [eu, apac]
    whole = streak.post(path, {"dropdownSettings": {"items": [{"key": "9002", "name": "Asia"}, {"name": "US"}]}})
    assert whole["dropdownSettings"]["items"] == [{"key": "9002", "name": "Asia"}, {"key": "9003", "name": "US"}]
    assert streak.refused("POST", path, json={"dropdownSettings": {"items": [{"key": "9001"}]}})[0] == 400
    assert streak.get(path)["name"] == "Region"


def test_option_keys_are_counted_per_field_and_field_keys_per_pipeline(streak: Any) -> None:
    first, second = streak.field("Region", "DROPDOWN", "EU"), streak.field("Labels", "TAG", "web")
    assert (first["key"], second["key"]) == ("1001", "1002")
    assert second["tagSettings"]["tags"] == [{"key": "9001", "tag": "web"}]
    assert streak.delete(f"v1/pipelines/{streak.pipeline()}/fields/1002") == {"success": True}
    assert streak.field("Again", "TEXT_INPUT")["key"] == "1003"
    assert [field["key"] for field in streak.get(f"v1/pipelines/{streak.pipeline()}/fields")] == ["1001", "1003"]
    assert (
        streak.refused("POST", f"v2/pipelines/{streak.pipeline()}/fields", json={"name": "x", "type": "MONEY"})[0]
        == 400
    )


def test_deleting_a_field_deletes_its_values(streak: Any) -> None:
    streak.field("Size", "TEXT_INPUT")
    box = streak.box(fields={"1001": "big"})
    assert box["fields"] == {"1001": "big"}
    streak.delete(f"v1/pipelines/{streak.pipeline()}/fields/1001")
    assert streak.get(f"v1/boxes/{box['key']}")["fields"] == {}


def test_a_team_is_made_renamed_and_replaces_its_roster(streak: Any) -> None:
    made = streak.post("v2/teams", {"name": "Partners", "members": [{"email": "New@Partner.example"}]})
    assert [member["inviteStatus"] for member in made["members"]] == ["Accepted", "Pending"]
    assert streak.get("v2/users/me/teams")["results"][0]["name"] == "Partners"
    owner, guest = made["members"]
    changed = streak.post(f"v2/teams/{made['key']}", {"name": "P", "members": [{"userKey": owner["userKey"]}]})
    assert (changed["name"], changed["members"]) == ("P", [owner])
    assert streak.get(f"v1/users/{guest['userKey']}")["email"] == "new@partner.example"
    assert streak.refused("GET", "v2/teams/nix")[1]["error"] == "Invalid API path specified"
