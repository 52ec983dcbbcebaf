//! Files in the data folder.

use flusso_app::ports::blobs::conforms;
use flusso_local::blobs::FolderBlobs;

use crate::Folder;

#[tokio::test]
async fn the_folder_keeps_files() {
    let folder = Folder::new();
    conforms(&FolderBlobs::new(folder.path())).await;
    let left: Vec<_> = std::fs::read_dir(folder.path().join("blobs/imports/2026")).unwrap().collect();
    assert_eq!(left.len(), 1, "nothing half written is left: {left:?}");
}
