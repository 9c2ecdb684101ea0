"""Commands of functional block C."""

from tests.support.spoken import ACCEPTED, REJECTED, V2, V16, Given

_MASTER = {"component": {"name": "AuthCtrlr"}, "variable": {"name": "MasterPassGroupId"}}

GIVEN = (
    *(
        Given(
            version=version,
            action="ClearCache",
            request=("POST", "/stations/{station}/commands/clear-cache", None),
            call={},
            answer=ACCEPTED,
            shows=ACCEPTED,
            refusal=REJECTED,
            refused=REJECTED,
        )
        for version in (V16, *V2)
    ),
    *(
        Given(
            version=version,
            action="SetVariables",
            name="the master pass group",
            request=("POST", "/stations/{station}/commands/set-master-pass-group", {"group": "MASTER"}),
            call={"setVariableData": [_MASTER | {"attributeValue": "MASTER"}]},
            answer={"setVariableResult": [_MASTER | {"attributeStatus": "Accepted"}]},
            shows=ACCEPTED,
            refusal={"setVariableResult": [_MASTER | {"attributeStatus": "UnknownVariable"}]},
            refused={"status": "UnknownVariable"},
        )
        for version in V2
    ),
)
