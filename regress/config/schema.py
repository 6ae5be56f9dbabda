# SPDX-License-Identifier: ISC
"""schema.py SCHEMA valid|invalid DEFINITION FILE ...: holds files against
the schema or, with its name, one of its definitions."""

import json
import sys

import jsonschema


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        schema = json.load(file)
    want = sys.argv[2] == "valid"
    jsonschema.Draft7Validator.check_schema(schema)
    if sys.argv[3]:
        schema = {"$ref": "#/definitions/" + sys.argv[3],
                  "definitions": schema["definitions"]}
    validator = jsonschema.Draft7Validator(schema)
    status = 0
    for name in sys.argv[4:]:
        with open(name, encoding="utf-8") as file:
            errors = list(validator.iter_errors(json.load(file)))
        if (not errors) != want:
            status = 1
            print(name, [error.message for error in errors])
    return status


sys.exit(main())
