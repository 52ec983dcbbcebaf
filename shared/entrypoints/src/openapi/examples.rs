//! What stands in addresses, by an example. The names of definitions are those of the demo and of the other examples.

use serde_json::Value;
use utoipa::openapi::RefOr;
use utoipa::openapi::path::{Operation, Parameter, ParameterIn};
use utoipa::openapi::schema::Schema;

const CONTACT: &str = "con_0123456789abcdefghjk";

/// How a path begins, the parameter, the example. The first that fits is taken.
const EXAMPLES: &[(&str, &str, &str)] = &[
    ("/f/", "form", "richiedi-guida-gratuita"),
    ("/v1/forms/", "id", "richiedi-guida-gratuita"),
    ("/v1/workflows/", "id", "benvenuto-iscritti"),
    ("/v1/workflows/", "version", "ver_f6nbz51s741ft17cttaxj17yz6"),
    ("/v1/templates/", "id", "follow-up"),
    ("/v1/teams/", "id", "vendite"),
    ("/v1/segments/", "id", "clienti"),
    ("/v1/users/", "id", "giulia"),
    ("/v1/fields/", "key", "service"),
    ("/v1/folders/", "id", "sales"),
    ("/v1/pipelines/", "id", "Vendite"),
    ("/v1/coupons/", "id", "tshirt-10"),
    ("/v1/ready/", "id", "welcome"),
    ("/v1/keys/", "name", "web-shop"),
    ("/v1/jobs/", "id", "job_1m84640323q6830x17319"),
    ("/v1/bulk/", "id", "job_1m84640323q6830x17319"),
    ("/v1/filters/jobs/", "id", "job_1m84640323q6830x17319"),
    ("/v1/labels/", "kind", "tags"),
    ("/v1/parked/", "id", "events-fast-7"),
    ("/v1/mailbox/", "seq", "1"),
    ("/v1/imports/mappings/", "name", "gestionale"),
    ("/v1/imports/", "id", "imp_1m84640323q6830x17319"),
    ("/v1/imports/", "part", "1"),
    ("/v1/imports/", "stage", "apply"),
    ("/v1/imports/", "file", "0"),
    ("/v1/exports/", "id", "exp_1m84640323q6830x17319"),
    ("/v1/", "id", CONTACT),
    ("/v1/", "other", "con_bgch9httx523tzpsrb4w"),
    ("/v1/", "tag", "vip"),
    ("/v1/", "list", "notizie"),
    ("/v1/", "group", "corso-base"),
    ("/v1/", "type", "parent"),
    ("/v1/", "sort", "deals"),
    ("/v1/", "record", "D-1"),
    ("/v1/", "document", "doc_0123456789abcdefghjk"),
    ("/v1/", "enrollment", "enr_0123456789abcdefghjk"),
];

/// Shows what stands in an address.
pub(super) fn add(operation: &mut Operation, path: &str) {
    for parameter in operation.parameters.iter_mut().flatten() {
        let RefOr::T(Parameter { name, parameter_in: ParameterIn::Path, schema, .. }) = parameter else {
            continue;
        };
        let Some(RefOr::T(Schema::Object(object))) = schema else { continue };
        let fits = |known: &&(&str, &str, &str)| path.starts_with(known.0) && name == known.1;
        let found = EXAMPLES.iter().find(fits).map(|(.., example)| *example);
        let number = |example: &str| example.parse::<u64>().map(Value::from).ok();
        object.example =
            object.example.take().or(found.map(|example| number(example).unwrap_or_else(|| example.into())));
    }
}
