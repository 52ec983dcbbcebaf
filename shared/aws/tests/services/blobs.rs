//! Files in a bucket.

use flusso_app::ports::blobs::{Blobs as _, conforms};
use flusso_aws::blobs::S3Blobs;

use crate::local_aws::{LocalAws, unique};

#[tokio::test]
async fn the_bucket_keeps_files() {
    let aws = LocalAws::start();
    let sdk = aws.sdk().await;
    let bucket = unique("flusso-blobs");
    let config = aws_sdk_s3::config::Builder::from(&sdk).force_path_style(true).build();
    let client = aws_sdk_s3::Client::from_conf(config);
    client.create_bucket().bucket(&bucket).send().await.unwrap();
    let blobs = S3Blobs::new(&sdk, &bucket);
    conforms(&blobs).await;
    let listed = client.list_objects_v2().bucket(&bucket).send().await.unwrap();
    let names: Vec<_> = listed.contents().iter().filter_map(|object| object.key()).collect();
    assert_eq!(names, ["imports/2026/b.csv"], "under the very names");
    let elsewhere = S3Blobs::new(&sdk, &unique("flusso-none"));
    assert!(elsewhere.get("a.csv").await.is_err(), "no bucket is not the same as no file");
}
