//! What others say that a line must be: OCSF's own schemas, and ECS's list of fields (tests/corpus/schema).

use std::collections::HashMap;
use std::path::Path;

use jsonschema::Validator;
use serde_json::{Map, Value};

fn corpus(name: &str) -> Value {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus/schema").join(name);
    serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap()
}

/// OCSF 1.8, the classes that we use.
pub struct Ocsf(HashMap<u64, Validator>);

impl Ocsf {
    pub fn load() -> Self {
        let classes = [(3001, "account_change"), (3002, "authentication"), (3004, "entity_management")];
        let validator = |name| jsonschema::validator_for(&corpus(&format!("ocsf-1.8.0-{name}.json"))).unwrap();
        Self(classes.into_iter().map(|(uid, name)| (uid, validator(name))).collect())
    }

    /// What is wrong with a line.
    pub fn faults(&self, line: &Value) -> Vec<String> {
        let Some(class) = line["class_uid"].as_u64().and_then(|uid| self.0.get(&uid)) else {
            return vec!["no class of ours".to_owned()];
        };
        let mut faults: Vec<String> =
            class.iter_errors(line).map(|error| format!("{}: {error}", error.instance_path())).collect();
        // What JSON Schema cannot say: how these numbers follow from each other.
        let number = |name: &str| line[name].as_u64().unwrap_or_default();
        if number("type_uid") != number("class_uid") * 100 + number("activity_id") {
            faults.push("type_uid is not class and activity".to_owned());
        }
        faults
    }
}

/// ECS 9.4.
pub struct Ecs(Map<String, Value>);

impl Ecs {
    pub fn load() -> Self {
        let Value::Object(fields) = corpus("ecs-9.4.0.json") else { panic!("no fields") };
        Self(fields)
    }

    /// What is wrong with a line.
    pub fn faults(&self, line: &Value) -> Vec<String> {
        let mut faults = Vec::new();
        let line = line.as_object().unwrap();
        // Which ECS itself asks for (`@timestamp`, `ecs.version`), and its four words that categorise.
        for name in ["@timestamp", "ecs.version", "event.kind", "event.category", "event.type", "event.outcome"] {
            if !line.contains_key(name) {
                faults.push(format!("{name} is missing"));
            }
        }
        for (name, value) in line.iter().filter(|(name, _)| !name.starts_with("holdfast.")) {
            match self.0.get(name) {
                None => faults.push(format!("{name} is no field of ECS")),
                Some(field) if !fits(field, value) => faults.push(format!("{name} cannot be {value}")),
                Some(_) => {}
            }
        }
        let categories = words(line.get("event.category"));
        let expected: Vec<String> =
            categories.iter().flat_map(|it| words(self.0["event.category"]["allowed"].get(it.as_str()))).collect();
        for word in words(line.get("event.type")).iter().filter(|word| !expected.contains(word)) {
            faults.push(format!("the type {word} is not expected of {categories:?}"));
        }
        faults
    }
}

fn words(list: Option<&Value>) -> Vec<String> {
    let list = list.and_then(Value::as_array).cloned().unwrap_or_default();
    list.iter().map(|word| word.as_str().unwrap_or_default().to_owned()).collect()
}

fn fits(field: &Value, value: &Value) -> bool {
    if field["list"] == true {
        let one = |value| fits_one(field, value);
        return value.as_array().is_some_and(|list| list.iter().all(one));
    }
    fits_one(field, value)
}

fn fits_one(field: &Value, value: &Value) -> bool {
    if let Some(allowed) = field["allowed"].as_object() {
        return value.as_str().is_some_and(|word| allowed.contains_key(word));
    }
    match field["type"].as_str().unwrap() {
        "keyword" => value.is_string(),
        "long" => value.is_i64(),
        "float" => value.is_number(),
        "date" => value.as_str().is_some_and(|at| holdfast::clock::Timestamp::parse(at).is_some()),
        other => panic!("no line of ours has a {other}"),
    }
}
