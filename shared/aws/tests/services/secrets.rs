//! Secrets in SSM.

use flusso_app::ports::secrets::{SecretName, Secrets as _};
use flusso_aws::secrets::{SecretsError, load};

use crate::local_aws::{LocalAws, unique};

#[tokio::test]
async fn whoever_starts_first_makes_them_and_nobody_overwrites_them() {
    let aws = LocalAws::start();
    let sdk = aws.sdk().await;
    let client = aws_sdk_ssm::Client::new(&sdk);
    let path = format!("/{}", unique("flusso"));
    // Several functions start for the first time at once.
    let loaded = futures_util::future::join_all((0..4).map(|_| load(&sdk, &path))).await;
    let loaded: Vec<_> = loaded.into_iter().map(Result::unwrap).collect();
    for name in SecretName::ALL {
        let first = loaded[0].current(name);
        assert_eq!(first.bytes.len(), 32);
        assert!(loaded.iter().all(|one| one.current(name) == first), "{name:?}: all of them have the same");
        assert!(loaded[0].by_id(name, &first.key_id) == Some(first));
    }
    let [a, b, _] = SecretName::ALL;
    assert!(loaded[0].current(a).bytes != loaded[0].current(b).bytes);

    let name = format!("{path}/{}", a.as_str());
    let stored = client.get_parameter().name(&name).with_decryption(true).send().await.unwrap();
    assert_eq!(stored.parameter.unwrap().r#type.unwrap().as_str(), "SecureString");
    let damage = client.put_parameter().name(&name).value("{}").overwrite(true);
    damage.send().await.unwrap();
    assert!(matches!(load(&sdk, &path).await, Err(SecretsError::Damaged(damaged)) if damaged == name));
}
