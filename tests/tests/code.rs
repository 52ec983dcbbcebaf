//! An account as code, with the real command on the real program: somebody's folder of fifty workflows is checked,
//! planned, applied, exported; what changed since a plan keeps it from being applied, and nothing is left half done.
#![allow(clippy::unwrap_used, reason = "a test")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use flusso_tests::program::{Program, build};
use serde_json::Value;

struct Place {
    binary: PathBuf,
    program: Program,
    folder: PathBuf,
}

impl Place {
    fn new() -> Self {
        let folder = std::env::temp_dir().join(format!("flusso-code-{}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).unwrap();
        let binary = build();
        let program = Program::start(&binary, &folder.join("data"), &["--clock", "1x"]);
        Self { binary, program, folder }
    }

    fn code(&self) -> PathBuf {
        self.folder.join("code")
    }

    fn write(&self, file: &str, text: &str) {
        let path = self.code().join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// The exit code of a command, and what it said.
    fn flusso(&self, arguments: &[&str]) -> (i32, String) {
        let mut command = Command::new(&self.binary);
        command.args(arguments).env("FLUSSO_KEY", &self.program.key);
        let output = command.env("FLUSSO_URL", format!("http://{}", self.program.address)).output().unwrap();
        let said =
            format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        (output.status.code().unwrap_or(-1), said)
    }

    fn on(&self, command: &str, folder: &Path, more: &[&str]) -> (i32, String) {
        let folder = folder.to_str().unwrap();
        self.flusso(&[&[command, folder], more].concat())
    }

    /// What a plan, or an application of it, names.
    fn named(&self, command: &str) -> Vec<String> {
        let (_, said) = self.on(command, &self.code(), &["--json"]);
        let plan: Value = serde_json::from_str(&said).unwrap_or_else(|_| panic!("{said}"));
        let changes = plan["changes"].as_array().unwrap();
        changes.iter().map(|change| change["item"].as_str().unwrap().to_owned()).collect()
    }

    fn active(&self) -> usize {
        let items = self.program.api("GET", "/v1/workflows?limit=100", "")["items"].clone();
        items.as_array().unwrap().iter().filter(|one| one["state"] == "active").count()
    }
}

fn workflow(n: usize, wait: &str) -> String {
    format!(
        "workflow: flow-{n:02}\nname: Flow {n}\nkind: service\ntriggers:\n  - event: flow.n{n}\n    where: {{ segment: romans }}\nsteps:\n  - wait: {wait}\n  - send email: {{ subject: Flow {n}, template: hello }}\n  - notify: {{ to: team sales, by: email, text: Done }}\n"
    )
}

#[test]
fn a_folder_of_fifty_workflows_is_planned_applied_and_exported() {
    let place = Place::new();
    let before = place.active();
    (0..50).for_each(|n| place.write(&format!("workflows/flow-{n:02}.yaml"), &workflow(n, "2 days")));
    place.write("drafts/later.yaml", "workflow: later\nname: Later\nsteps:\n  - wait: 1 day\n");
    place.write("segments/romans.yaml", "name: Romans\nwho: { city: Roma }\n");
    place.write(
        "templates/hello.yaml",
        "subject: Hello\ntext: Hello {{ contact.first_name | default('you') }}\n",
    );
    place.write("teams/sales.json", r#"{"emails":["laura@shop.example"]}"#);
    place.write("users/laura.yaml", "name: Laura\nemail: laura@shop.example\n");
    place.write("forms/ask.yaml", "name: Ask\nfields: [{ name: email, to: email, required: true }]\n");
    place.write("fields/city.yaml", "label: City\nkind: text\n");
    place.write("fields/budget.json", r#"{"label":"Budget","kind":"money","currency":"EUR"}"#);
    place.write(
        "folders/sales.yaml",
        "label: Sales\nsection: additional\nposition: 1\nfields: [budget, status]\n",
    );
    place.write("pipelines/Vendite.yaml", "label: Sales\nstages:\n  - { id: New, label: New }\n  - { id: Offer, label: Offer, probability: 60 }\n");
    let (code, said) = place.on("check", &place.code(), &[]);
    assert_eq!((code, said.lines().last()), (0, Some("no errors")), "{}", said.lines().next().unwrap());

    // The plan names exactly what is then done; a second time there is nothing to do.
    let (code, said) = place.on("plan", &place.code(), &[]);
    assert_eq!(code, 2, "{said}");
    let planned = place.named("plan");
    assert_eq!(planned.len(), 60, "{planned:?}");
    assert_eq!(place.active(), before, "a plan changes nothing");
    assert_eq!(place.named("apply"), planned);
    assert_eq!(place.active(), before + 50);
    let (code, said) = place.on("plan", &place.code(), &[]);
    assert_eq!((code, said.trim()), (0, "0 to change, 60 as they are to be"));
    assert_eq!(place.named("apply"), Vec::<String>::new());
    let later = place.program.api("GET", "/v1/workflows/later", "");
    assert_eq!(later["state"], "draft");

    // What is exported is what there is.
    let exported = place.folder.join("exported");
    let (code, said) = place.on("export", &exported, &[]);
    assert_eq!(code, 0, "{said}");
    let (code, said) = place.on("plan", &exported, &[]);
    assert_eq!(code, 0, "{said}");
    let same = fs::read_to_string(exported.join("workflows/flow-07.yaml")).unwrap();
    assert_eq!(same, workflow(7, "2 days"));

    fields_and_pipelines(&place);
    with_people_inside(&place);
    changed_since_the_plan(&place);
    nothing_half_done(&place);
    let Place { program, folder, .. } = place;
    program.kill();
    fs::remove_dir_all(folder).unwrap();
}

/// KC-09, KC-10, KC-17: what an account defines of fields and pipelines is planned, kept and refused as everything else.
fn fields_and_pipelines(place: &Place) {
    let folders = place.program.api("GET", "/v1/folders", "")["items"].clone();
    let order: Vec<&str> =
        folders.as_array().unwrap().iter().map(|one| one["id"].as_str().unwrap()).collect();
    assert_eq!(order, ["sales", "general"]);
    assert_eq!(folders[0]["fields"], serde_json::json!(["budget", "status"]));
    let general = folders[1]["fields"].as_array().unwrap();
    assert!(general.contains(&"city".into()) && !general.contains(&"status".into()), "{general:?}");
    let stage = place.program.api("GET", "/v1/pipelines/Vendite", "")["stages"][1].clone();
    assert_eq!(stage, serde_json::json!({ "id": "Offer", "label": "Offer", "probability": 60 }));

    // A folder that another one takes a field from is another; so is a field with another label.
    place.write(
        "folders/sales.yaml",
        "label: Sales\nsection: additional\nposition: 2\nfields: [city, budget]\n",
    );
    place.write("fields/city.yaml", "label: Town\nkind: text\n");
    assert_eq!(place.named("plan"), ["fields/city", "folders/sales"]);
    assert_eq!(place.named("apply"), ["fields/city", "folders/sales"]);
    assert_eq!(place.named("plan"), Vec::<String>::new());
    let folders = place.program.api("GET", "/v1/folders", "")["items"].clone();
    assert_eq!(folders[1]["fields"], serde_json::json!(["city", "budget", "status"]));
    for (file, text, code) in [
        ("fields/budget.json", r#"{"label":"Budget","kind":"number"}"#, "[field.kind]"),
        ("folders/sales.yaml", "label: Sales\nsection: additional\nfields: [gone]\n", "[field.unknown]"),
        ("pipelines/Vendite.yaml", "label: Sales\nstages: []\n", "[pipeline.stages]"),
    ] {
        let kept = fs::read_to_string(place.code().join(file)).unwrap();
        place.write(file, text);
        let (exit, said) = place.on("apply", &place.code(), &[]);
        assert!(exit == 1 && said.contains(code), "{said}");
        place.write(file, &kept);
    }
    assert_eq!(place.named("plan"), Vec::<String>::new());
}

fn with_people_inside(place: &Place) {
    let event = r#"{"type":"flow.n3","id":"1","contact":{"email":"anna@example.com","city":"Roma"}}"#;
    place.program.api("POST", "/v1/events", event);
    let inside = || place.program.api("GET", "/v1/workflows/flow-03/people", "")["items"].clone();
    while inside() == serde_json::json!([]) {
        flusso_tests::program::pause();
    }
    place.write("workflows/flow-03.yaml", &workflow(3, "1 day"));
    let (code, said) = place.on("plan", &place.code(), &["--people", "migrate"]);
    assert_eq!(code, 2, "{said}");
    assert!(
        said.contains("~ workflows/flow-03\n    1 inside: 1 earlier; 0 messages within the hour"),
        "{said}"
    );
    let (code, said) = place.on("apply", &place.code(), &["--people", "migrate"]);
    assert_eq!(code, 0, "{said}");
    let active = place.program.api("GET", "/v1/workflows/flow-03", "")["active"]["version"].clone();
    while inside()[0]["version"] != active {
        flusso_tests::program::pause();
    }
}

/// Somebody else was faster: nothing is applied, and it is said what changed.
fn changed_since_the_plan(place: &Place) {
    let plan = place.folder.join("plan.json");
    let plan = plan.to_str().unwrap();
    for n in [10, 11] {
        place.write(&format!("workflows/flow-{n}.yaml"), &workflow(n, "3 days"));
    }
    let (code, said) = place.on("plan", &place.code(), &["--out", plan]);
    assert_eq!(code, 2, "{said}");
    place.program.api("PUT", "/v1/workflows/flow-11", &workflow(11, "9 days"));
    place.program.api("POST", "/v1/workflows/flow-11/activate", "");
    let version = |n: usize| {
        place.program.api("GET", &format!("/v1/workflows/flow-{n}"), "")["active"]["version"].clone()
    };
    let before = (version(10), version(11));
    let (code, said) = place.on("apply", &place.code(), &["--plan", plan]);
    assert_eq!(code, 1, "{said}");
    assert!(said.contains("409") && said.contains("changed since the plan: workflows/flow-11;"), "{said}");
    assert_eq!((version(10), version(11)), before, "nothing of it was applied");
    let (code, said) = place.on("apply", &place.code(), &[]);
    assert_eq!(code, 0, "{said}");
    assert_ne!(version(10), before.0);
}

/// Something is wrong with one of them: none is applied.
fn nothing_half_done(place: &Place) {
    place.write("workflows/flow-20.yaml", &workflow(20, "4 days"));
    place.write("workflows/flow-21.yaml", &workflow(21, "4 days").replace("hello", "gone"));
    let (code, said) = place.on("plan", &place.code(), &[]);
    assert_eq!(code, 1, "{said}");
    assert!(said.contains("! workflows/flow-21:") && said.contains("[template.unknown]"), "{said}");
    let before = place.program.api("GET", "/v1/workflows/flow-20", "")["version"].clone();
    let (code, said) = place.on("apply", &place.code(), &[]);
    assert_eq!(code, 1, "{said}");
    assert_eq!(place.program.api("GET", "/v1/workflows/flow-20", "")["version"], before);
    place.write("workflows/flow-21.yaml", "workflow: flow-21\nsteps:\n  - dance: now\n");
    let (code, said) = place.on("check", &place.code(), &[]);
    assert_eq!(code, 1);
    assert!(said.contains("flow-21.yaml:3:5: error [step.unknown]"), "{said}");
}
