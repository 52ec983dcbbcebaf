//! Files of contacts that are taken in and written, through the door.

use flusso_engine::time::Millis;
use flusso_tests::crowd::{PLAN, Style, crowd};
use rust_xlsxwriter::{ExcelDateTime, Format, Workbook};
use serde_json::{Value, json};

use crate::world::{Answer, World};

const FILE: &str = "Nome;E-Mail;Cellulare;Data di nascita;Taglia\n\
    Anna;Anna@Example.com;333 1234567;17/05/1980;38\n\
    Bruno;bruno@example.com;;;\n\
    Carla;non-una-mail;;;\n\
    Anna bis;anna@example.com;;;\n\
    \"Dario; detto \"\"D\"\"\";dario@example.com;chiamami;;\n\
    =1+1;elena@example.com;+39 06 123456;31/02/1980;\n\
    Fabio;;;;\n\
    Gianna;gianna@example.com;;01/12/1990;40\n";

fn columns() -> Value {
    json!([
        { "field": "first_name" }, { "field": "email" }, { "field": "phone" }, { "field": "birth_date" },
        { "field": "shoe_size", "new": { "label": "Taglia", "kind": "number" } },
    ])
}

fn plan(more: Value) -> Value {
    let mut plan = json!({
        "columns": columns(), "mode": "both", "country": "IT", "tags": ["fiera"], "list": "Novità",
        "consent": { "basis": "consent", "text": "Modulo alla fiera", "channels": ["email"] },
    });
    plan.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    plan
}

async fn sent(world: &World, bytes: &[u8]) -> String {
    let begun = world.api("POST", "/v1/imports", r#"{"name":"clienti.csv"}"#).await;
    assert_eq!(begun.status, 201, "{}", begun.text);
    let id = begun.json()["id"].as_str().unwrap().to_owned();
    let key = format!("Bearer {}", world.key);
    let headers = [("authorization", key.as_str()), ("content-type", "application/octet-stream")];
    // Cut wherever it may be.
    let half = bytes.len() / 2;
    for (part, bytes) in [(1, &bytes[..half]), (2, &bytes[half..])] {
        let put = world.send("PUT", &format!("/v1/imports/{id}/parts/{part}"), &headers, bytes).await;
        assert_eq!(put.status, 204, "{}", put.text);
    }
    id
}

async fn post(world: &World, path: &str, body: &Value) -> Answer {
    let answer = world.api("POST", path, &body.to_string()).await;
    world.settle().await;
    answer
}

async fn told(world: &World, id: &str) -> Value {
    world.api("GET", &format!("/v1/imports/{id}"), "").await.json()
}

async fn looked(world: &World, bytes: &[u8]) -> (String, Value) {
    let id = sent(world, bytes).await;
    let look = post(world, &format!("/v1/imports/{id}/look"), &json!({})).await;
    assert_eq!(look.status, 200, "{}", look.text);
    (id, look.json())
}

/// An import that was tried and done.
async fn done(world: &World, bytes: &[u8], plan: &Value) -> (String, Value) {
    let (id, _) = looked(world, bytes).await;
    let check = post(world, &format!("/v1/imports/{id}/check"), plan).await;
    assert_eq!(check.status, 202, "{}", check.text);
    let start = post(world, &format!("/v1/imports/{id}/start"), &json!({})).await;
    assert_eq!(start.status, 202, "{}", start.text);
    let told = told(world, &id).await;
    assert_eq!(told["apply"]["state"], "done", "{told}");
    (id, told)
}

async fn found(world: &World, email: &str) -> Value {
    let page =
        world.api("GET", &format!("/v1/contacts?email={}", email.replace('@', "%40")), "").await.json();
    let Some(id) = page["items"][0]["id"].as_str() else { return Value::Null };
    world.api("GET", &format!("/v1/contacts/{id}"), "").await.json()
}

/// KC-50 to KC-53: a file is looked at, its columns are known, it is tried, which writes nothing, and done; what was wrong with
/// which row is said, in the reader's language, and no cell of that is a formula.
#[tokio::test]
async fn a_file_is_looked_at_tried_and_done() {
    let world = World::bare().await;
    let (id, look) = looked(&world, FILE.as_bytes()).await;
    let file = &look["file"];
    assert_eq!(
        (&file["delimiter"], &file["encoding"], &file["header"]),
        (&json!(";"), &json!("utf-8"), &json!(true))
    );
    let expected = json!([{ "field": "first_name" }, { "field": "email" }, { "field": "phone" }, { "field": "birth_date" }, {}]);
    assert_eq!((&look["columns"], &look["dates"]), (&expected, &json!("day_first")), "{look}");
    assert_eq!(look["rows"].as_array().unwrap().len(), 8);

    let without = json!({ "columns": columns(), "mode": "both" });
    let check = format!("/v1/imports/{id}/check");
    post(&world, &check, &without).await.is_problem(422, "import.consent_required");
    let start = format!("/v1/imports/{id}/start");
    post(&world, &start, &json!({})).await.is_problem(409, "import.not_checked");
    let rows = world.rows.dump().len();
    assert_eq!(post(&world, &check, &plan(json!({ "save_as": "gestionale" }))).await.status, 202);
    let checked = told(&world, &id).await;
    let counts = json!({
        "created": 3, "duplicate": 1, "bad.bad_email": 1, "bad.bad_phone": 1, "bad.bad_date": 1, "bad.no_identity": 1,
    });
    assert_eq!((&checked["check"]["counts"], &checked["check"]["rows"]), (&counts, &json!(8)), "{checked}");
    assert!(world.rows.dump().len() <= rows + 2, "a job and what the columns were, and nobody");
    assert_eq!(found(&world, "anna@example.com").await, Value::Null);

    assert_eq!(post(&world, &start, &json!({})).await.status, 202);
    assert_eq!(post(&world, &start, &json!({})).await.status, 202, "the same job");
    let applied = told(&world, &id).await;
    assert_eq!((&applied["apply"]["counts"], &applied["state"]), (&counts, &json!("ended")), "{applied}");
    assert_eq!(applied["apply"]["bad"], 4);
    let anna = found(&world, "anna@example.com").await;
    assert_eq!(anna["fields"]["phone"], "+393331234567");
    assert_eq!(
        (&anna["fields"]["birth_date"], &anna["fields"]["shoe_size"]),
        (&json!("1980-05-17"), &json!(38))
    );
    assert_eq!((&anna["tags"][0]["name"], &anna["lists"][0]["name"]), (&json!("fiera"), &json!("Novità")));
    assert_eq!(
        (&anna["consents"][0]["basis"], &anna["consents"][0]["standing"]),
        (&json!("consent"), &json!("granted"))
    );
    let listed = world.api("GET", "/v1/contacts", "").await.json();
    assert_eq!(listed["items"].as_array().unwrap().len(), 3, "each valid row once");

    let key = format!("Bearer {}", world.key);
    let headers = [("authorization", key.as_str()), ("accept-language", "it")];
    let wrong = world.send("GET", &format!("/v1/imports/{id}/rows/apply/0"), &headers, b"").await;
    assert_eq!(wrong.status, 200, "{}", wrong.text);
    let expected = "\u{feff}Nome,E-Mail,Cellulare,Data di nascita,Taglia,row,code,reason\r\n\
        Carla,non-una-mail,,,,4,bad_email,E-Mail: non è un indirizzo e-mail\r\n\
        Anna bis,anna@example.com,,,,5,duplicate,la stessa persona è alla riga 2\r\n\
        \"Dario; detto \"\"D\"\"\",dario@example.com,chiamami,,,6,bad_phone,Cellulare: non è un numero di telefono\r\n\
        '=1+1,elena@example.com,'+39 06 123456,31/02/1980,,7,bad_date,Data di nascita: non è una data nel formato indicato\r\n\
        Fabio,,,,,8,no_identity,niente dice di chi si tratta\r\n";
    let mut lines: Vec<&str> = wrong.text.split_inclusive("\r\n").collect();
    let mut expected: Vec<&str> = expected.split_inclusive("\r\n").collect();
    lines.sort_unstable();
    expected.sort_unstable();
    assert_eq!(lines, expected);

    let (_, again) = looked(&world, FILE.as_bytes()).await;
    assert_eq!(
        (&again["mapping"], &again["columns"][4]["field"]),
        (&json!("gestionale"), &json!("shoe_size"))
    );
}

/// KC-51: the letters of Windows-1252 and UTF-16 are read as they are.
#[tokio::test]
async fn letters_are_read_however_they_are_written() {
    let world = World::bare().await;
    let latin = b"nome,email,citt\xe0\r\nNicol\xf2,nicolo@example.com,Forl\xec\r\n";
    let (_, look) = looked(&world, latin).await;
    assert_eq!(
        (&look["file"]["encoding"], &look["rows"][0]),
        (&json!("windows-1252"), &json!(["Nicolò", "nicolo@example.com", "Forlì"]))
    );
    let mut wide = vec![0xff, 0xfe];
    wide.extend("nome\temail\nLucía\tlucia@example.com\n".encode_utf16().flat_map(u16::to_le_bytes));
    let plan = json!({ "columns": [{ "field": "first_name" }, { "field": "email" }], "mode": "create", "no_consent": true });
    let (_, told) = done(&world, &wide, &plan).await;
    assert_eq!((&told["file"]["encoding"], &told["file"]["delimiter"]), (&json!("utf-16"), &json!("\t")));
    let lucia = found(&world, "lucia@example.com").await;
    assert_eq!(
        (&lucia["fields"]["first_name"], &lucia["consents"]),
        (&json!("Lucía"), &json!([])),
        "only data"
    );
}

/// A workbook as people have them: a sheet with a title of its own before, numbers that are kept as numbers, dates as dates, a
/// row in which nothing stands, and formats far below.
fn workbook() -> Vec<u8> {
    let mut book = Workbook::new();
    book.add_worksheet().set_name("Note").unwrap().write(0, 0, "Solo appunti").unwrap();
    let sheet = book.add_worksheet().set_name("Clienti").unwrap();
    for (column, name) in ["Nome", "E-mail", "Cellulare", "Data di nascita", "Note"].into_iter().enumerate() {
        sheet.write(0, u16::try_from(column).unwrap(), name).unwrap();
    }
    let day = Format::new().set_num_format("dd/mm/yyyy");
    for (row, name, email, phone) in [
        (1, "Nicolò", "nicolo@example.com", 3_331_234_567.0),
        (3, "Zoë", "zoe@example.com", 3_337_654_321.0),
        (4, "Bruno", "non-una-mail", 3_330_000_000.0),
    ] {
        sheet.write(row, 0, name).unwrap().write(row, 1, email).unwrap().write(row, 2, phone).unwrap();
        let born = ExcelDateTime::from_ymd(1980, 5, 17).unwrap();
        sheet.write_with_format(row, 3, &born, &day).unwrap();
    }
    sheet.write(3, 4, "Dice \"ciao\",\npoi richiama").unwrap();
    sheet.write_blank(40, 0, &day).unwrap();
    book.save_to_buffer().unwrap()
}

/// KC-51: a workbook is taken in by one of its sheets; rows keep their numbers, and what can't be read is refused with a word on
/// what to do.
#[tokio::test]
async fn a_workbook_is_taken_in() {
    let world = World::bare().await;
    let (id, look) = looked(&world, &workbook()).await;
    assert_eq!(
        (&look["file"]["sheet"], &look["file"]["columns"]),
        (&json!("Note"), &json!(["Solo appunti"]))
    );
    let path = format!("/v1/imports/{id}/look");
    let other = post(&world, &path, &json!({ "sheet": "Fornitori" })).await;
    other.is_problem(422, "import.sheet");
    assert!(other.text.contains("Note, Clienti"), "{}", other.text);
    let look = post(&world, &path, &json!({ "sheet": "Clienti" })).await.json();
    let fields: Vec<_> = look["columns"].as_array().unwrap().iter().map(|one| one["field"].clone()).collect();
    assert_eq!(json!(fields), json!(["first_name", "email", "phone", "birth_date", null]), "{look}");
    assert_eq!(
        look["rows"][1],
        json!(["Zoë", "zoe@example.com", "3337654321", "1980-05-17", "Dice \"ciao\",\npoi richiama"])
    );
    let plan = json!({ "columns": look["columns"], "mode": "create", "country": "IT", "no_consent": true });
    assert_eq!(post(&world, &format!("/v1/imports/{id}/check"), &plan).await.status, 202);
    assert_eq!(post(&world, &format!("/v1/imports/{id}/start"), &json!({})).await.status, 202);
    let told = told(&world, &id).await;
    assert_eq!(
        (&told["apply"]["rows"], &told["apply"]["counts"]),
        (&json!(3), &json!({ "created": 2, "bad.bad_email": 1 }))
    );
    let wrong = world.api("GET", &format!("/v1/imports/{id}/rows/apply/0"), "").await;
    assert!(wrong.text.contains(",5,bad_email"), "as the workbook numbers it: {}", wrong.text);
    let zoe = found(&world, "zoe@example.com").await;
    assert_eq!(
        (&zoe["fields"]["phone"], &zoe["fields"]["birth_date"]),
        (&json!("+393337654321"), &json!("1980-05-17"))
    );

    let book = workbook();
    for (bytes, why) in [
        (&b"PK\x03\x04[Content_Types].xml xl/"[..], "no workbook"),
        (&book[..book.len() / 2], "cut off"),
        (b"\xd0\xcf\x11\xe0 of 1997", "an old one"),
    ] {
        let id = sent(&world, bytes).await;
        let look = post(&world, &format!("/v1/imports/{id}/look"), &json!({})).await;
        look.is_problem(422, "import.workbook");
        assert!(look.text.contains("save it as CSV"), "{why}: {}", look.text);
    }
    let id = sent(&world, FILE.as_bytes()).await;
    post(&world, &format!("/v1/imports/{id}/look"), &json!({ "sheet": "Note" }))
        .await
        .is_problem(422, "import.sheet");
}

/// KC-51: a small file that unpacks to half the memory there is is refused before it is read.
#[tokio::test]
async fn a_workbook_that_unpacks_to_too_much_is_refused() {
    let world = World::bare().await;
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    for row in 0..1_100 {
        sheet.write(row, 0, format!("{row}{}", "x".repeat(32_000))).unwrap();
    }
    let book = book.save_to_buffer().unwrap();
    assert!(book.len() < 1 << 20, "{} bytes", book.len());
    let id = sent(&world, &book).await;
    let look = post(&world, &format!("/v1/imports/{id}/look"), &json!({})).await;
    look.is_problem(422, "import.workbook");
    assert!(look.text.contains("too large when it is unpacked"), "{}", look.text);
}

/// KC-53: what is made and what is changed is a choice, and so is what an empty cell does; who said no stays without consent.
#[tokio::test]
async fn modes_and_blanks_are_as_chosen() {
    let world = World::bare().await;
    for (email, city) in [("anna@example.com", "Roma"), ("bruno@example.com", "Bari")] {
        let fields = json!({ "fields": { "email": email, "city": city, "first_name": "X" } });
        assert_eq!(world.api("POST", "/v1/contacts", &fields.to_string()).await.status, 201);
    }
    let no = json!({ "type": "consent.withdrawn", "contact": { "email": "bruno@example.com" }, "data": { "channel": "email" } });
    assert!(post(&world, "/v1/events", &no).await.status < 300);
    let file =
        b"email,city,first_name\nanna@example.com,,Anna\nbruno@example.com,Lecce,\ncarla@example.com,Pisa,\n";
    let columns = json!([{ "field": "email" }, { "field": "city" }, { "field": "first_name" }]);
    let consent = json!({ "basis": "consent", "text": "Fiera", "channels": ["email"] });
    let plan = |mode: &str, blank: &str| json!({ "columns": columns, "mode": mode, "blank": blank, "consent": consent });
    let (_, told) = done(&world, file, &plan("create", "keep")).await;
    assert_eq!(told["apply"]["counts"], json!({ "created": 1, "exists": 2 }));
    assert_eq!(found(&world, "anna@example.com").await["fields"]["first_name"], "X");
    let (_, told) = done(&world, file, &plan("update", "clear")).await;
    assert_eq!(told["apply"]["counts"], json!({ "updated": 3 }));
    let anna = found(&world, "anna@example.com").await;
    assert_eq!((&anna["fields"]["city"], &anna["fields"]["first_name"]), (&Value::Null, &json!("Anna")));
    let bruno = found(&world, "bruno@example.com").await;
    assert_eq!(bruno["fields"]["city"], "Lecce");
    assert_eq!(bruno["consents"][0]["standing"], "withdrawn", "a file does not know better than the person");
    let more = b"email,city,first_name\nanna@example.com,Roma,Anna\ndario@example.com,,\n";
    let (_, told) = done(&world, more, &plan("update", "keep")).await;
    assert_eq!(told["apply"]["counts"], json!({ "unknown": 1, "updated": 1 }));
    let (_, told) = done(&world, more, &plan("update", "keep")).await;
    assert_eq!(told["apply"]["counts"], json!({ "unknown": 1, "unchanged": 1 }));
}

/// SH-02, KC-53: nobody enters a workflow by an import, unless that is asked for; the trial says how many would.
#[tokio::test]
async fn triggers_fire_only_where_that_is_asked_for() {
    let world = World::bare().await;
    let yaml = "workflow: hello\nname: Hello\nkind: internal\ntriggers: [{ tag added: fiera }]\nsteps: [{ add score: 5 }]\n";
    assert!(world.put_workflow("hello", yaml).await.status < 300);
    post(&world, "/v1/workflows/hello/activate", &json!({})).await;
    let columns = json!([{ "field": "email" }]);
    let quiet = json!({ "columns": columns, "mode": "both", "no_consent": true, "tags": ["fiera"] });
    done(&world, b"email\na@example.com\nb@example.com\n", &quiet).await;
    assert_eq!(found(&world, "a@example.com").await["score"], 0);
    let mut loud = quiet.clone();
    loud["triggers"] = json!(true);
    let (_, told) = done(&world, b"email\nb@example.com\nc@example.com\nd@example.com\n", &loud).await;
    let counts = json!({ "created": 2, "unchanged": 1, "enters.hello": 2 });
    assert_eq!((&told["check"]["counts"], &told["apply"]["counts"]), (&counts, &counts));
    assert_eq!(
        (&found(&world, "b@example.com").await["score"], &found(&world, "c@example.com").await["score"]),
        (&json!(0), &json!(5))
    );
}

/// KC-81: an import is taken back: who was made by it and has nothing else is deleted, what it changed and is still so becomes
/// what it was, and what was left is said.
#[tokio::test]
async fn an_import_is_undone_as_far_as_nobody_touched_it() {
    let world = World::bare().await;
    let made = json!({ "fields": { "email": "old@example.com", "city": "Roma", "first_name": "Olga" } });
    world.api("POST", "/v1/contacts", &made.to_string()).await;
    let file = b"email,city,first_name,vat\nold@example.com,Bari,Olga Maria,1\nnew@example.com,Pisa,Nina,2\nused@example.com,Lodi,Ugo,3\n";
    let columns =
        json!([{ "field": "email" }, { "field": "city" }, { "field": "first_name" }, { "field": "vat" }]);
    let consent = json!({ "basis": "consent", "text": "Fiera", "channels": ["email"] });
    let plan = json!({ "columns": columns, "mode": "both", "consent": consent, "tags": ["fiera"], "list": "Novità" });
    let (id, _) = done(&world, file, &plan).await;
    let used = found(&world, "used@example.com").await["id"].as_str().unwrap().to_owned();
    world.api("PUT", &format!("/v1/contacts/{used}/tags/vip"), "").await;
    let old = found(&world, "old@example.com").await["id"].as_str().unwrap().to_owned();
    world.api("PATCH", &format!("/v1/contacts/{old}"), r#"{"fields":{"first_name":"Olga Anna"}}"#).await;

    let undo = format!("/v1/imports/{id}/undo");
    assert_eq!(post(&world, &undo, &json!({})).await.status, 202);
    assert_eq!(post(&world, &undo, &json!({})).await.status, 202, "the same job");
    let told = told(&world, &id).await;
    assert_eq!(
        (&told["state"], &told["undo"]["counts"]),
        (&json!("undone"), &json!({ "deleted": 1, "left": 2, "reverted": 2 })),
        "{told}"
    );
    assert!(found(&world, "new@example.com").await["deleted_at"].is_object(), "she can be restored");
    let old = found(&world, "old@example.com").await;
    let fields = &old["fields"];
    assert_eq!(
        (&fields["city"], &fields["first_name"], &fields["vat"]),
        (&json!("Roma"), &json!("Olga Anna"), &Value::Null)
    );
    assert_eq!(
        (&old["tags"], &old["lists"], &old["consents"]),
        (&json!([]), &json!([]), &json!([])),
        "{old}"
    );
    let used = found(&world, "used@example.com").await;
    assert_eq!((&used["fields"]["city"], &used["deleted_at"]), (&json!("Lodi"), &Value::Null));
    assert_eq!((&used["tags"].as_array().unwrap().len(), &used["tags"][0]["name"]), (&1, &json!("vip")));
    let left = world.api("GET", &format!("/v1/imports/{id}/rows/undo/0"), "").await.text;
    assert!(left.contains("touched_since") && left.contains("changed_since"), "{left}");
}

/// KC-53: exports have in them who is meant, give files out by links that end, and lose them when somebody in them is erased;
/// so do the files of imports.
#[tokio::test]
async fn contacts_are_written_into_files_that_go() {
    let world = World::bare().await;
    let plan = json!({
        "columns": [{ "field": "first_name" }, { "field": "email" }, {}], "mode": "both", "no_consent": true, "tags": ["a", "b"],
    });
    let file = b"nome,email,x\nAnna,anna@example.com,1\n=Bruno,bruno@example.com,2\nCarla,no,3\nAnna,ANNA@example.com,4\n";
    let (import, _) = done(&world, file, &plan).await;
    let asked = json!({ "name": "Tutti", "all": true, "columns": ["first_name", "email", "tags"] });
    let export = post(&world, "/v1/exports", &asked).await;
    assert_eq!(export.status, 202, "{}", export.text);
    let export = export.json()["id"].as_str().unwrap().to_owned();
    let told = world.api("GET", &format!("/v1/exports/{export}"), "").await.json();
    assert_eq!((&told["state"], &told["written"]), (&json!("done"), &json!(2)), "{told}");
    let link = told["files"][0]["url"].as_str().unwrap().replace("https://flusso.example", "");
    let file = world.page(&link).await;
    assert_eq!((file.status, file.header("content-type")), (200, "text/csv; charset=utf-8"), "{}", file.text);
    let mut lines: Vec<&str> = file.text.lines().collect();
    lines.sort_unstable();
    assert_eq!(
        lines,
        [
            "'=Bruno,bruno@example.com,\"a,b\"",
            "Anna,anna@example.com,\"a,b\"",
            "\u{feff}first_name,email,tags"
        ]
    );
    let who = json!({ "name": "Una", "who": { "field": { "first_name": "Anna" } }, "format": "json_lines", "columns": ["email"] });
    let one = post(&world, "/v1/exports", &who).await.json()["id"].as_str().unwrap().to_owned();
    let told = world.api("GET", &format!("/v1/exports/{one}"), "").await.json();
    let own = told["files"][0]["url"].as_str().unwrap().replace("https://flusso.example", "");
    assert_eq!(world.page(&own).await.text, "{\"email\":\"anna@example.com\"}\n");
    assert_eq!(world.page(&format!("{link}0")).await.status, 404, "another name is no link");

    let bruno = found(&world, "bruno@example.com").await["id"].as_str().unwrap().to_owned();
    world.api("POST", &format!("/v1/contacts/{bruno}/erase"), "").await;
    world.settle().await;
    assert_eq!(world.page(&link).await.status, 404, "he stood in it");
    assert_eq!(world.page(&own).await.status, 200, "and not in this one");
    let wrong = world.api("GET", &format!("/v1/imports/{import}/rows/apply/0"), "").await.text;
    assert!(wrong.contains("Carla") && wrong.contains("ANNA"), "{wrong}");
    let anna = found(&world, "anna@example.com").await["id"].as_str().unwrap().to_owned();
    world.api("POST", &format!("/v1/contacts/{anna}/erase"), "").await;
    world.settle().await;
    let wrong = world.api("GET", &format!("/v1/imports/{import}/rows/apply/0"), "").await.text;
    assert!(wrong.contains("Carla") && !wrong.contains("ANNA"), "{wrong}");
    world.pass(Millis::hours(8 * 24 + 15)).await;
    world.app.sweep().await.unwrap();
    world.settle().await;
    let told = told_cleared(&world, &import, &one).await;
    assert_eq!(told, (json!(true), json!(true)), "after a week they are gone");
}

async fn told_cleared(world: &World, import: &str, export: &str) -> (Value, Value) {
    let one = told(world, import).await["cleared"].clone();
    let export = world.api("GET", &format!("/v1/exports/{export}"), "").await.json();
    (one, export["cleared"].clone())
}

/// KC-51, KC-53: of files as businesses have them, each valid row is taken in once, and each that is bad or doubled is said.
#[tokio::test]
async fn files_as_businesses_have_them() {
    for (seed, style) in [(1, Style::Plain), (2, Style::Excel), (3, Style::Latin)] {
        let world = World::bare().await;
        let crowd = crowd(seed, 700, style);
        let (id, told) = done(&world, &crowd.bytes, &serde_json::from_str(PLAN).unwrap()).await;
        assert_eq!(told["check"]["counts"], told["apply"]["counts"], "{style:?}: the trial tells what comes");
        let counts = &told["apply"]["counts"];
        assert_eq!(counts["created"], crowd.people.len(), "{style:?} {counts}");
        assert_eq!(
            (&told["apply"]["bad"], &counts["duplicate"]),
            (&json!(crowd.bad.len()), &json!(crowd.doubles.len()))
        );
        let wrong = world.api("GET", &format!("/v1/imports/{id}/rows/apply/0"), "").await.text;
        for row in crowd.bad.iter().chain(&crowd.doubles) {
            let many = wrong.matches(&format!(",{row},bad_")).count()
                + wrong.matches(&format!(",{row},duplicate")).count();
            assert_eq!(many, 1, "{style:?} row {row}");
        }
        let mut page = world.api("GET", "/v1/contacts?limit=100", "").await.json();
        let mut seen = Vec::new();
        loop {
            seen.extend(
                page["items"].as_array().unwrap().iter().map(|one| one["email"].as_str().unwrap().to_owned()),
            );
            let Some(cursor) = page["cursor"].as_str() else { break };
            page = world.api("GET", &format!("/v1/contacts?limit=100&cursor={cursor}"), "").await.json();
        }
        seen.sort();
        assert!(seen.iter().eq(&crowd.people), "{style:?}: each once, and nobody else");
    }
}
