//! A buffer by its dmabuf.

use super::*;

#[test]
fn a_surface_is_found_by_its_fd() {
    let _alone = alone();
    let owner = Surface::builder(66, 34).batch(3).build().unwrap();
    let len = exchange(&owner, 2, ours).len();
    // SAFETY: the owner outlives the view.
    let view = unsafe { Surface::from_fd(owner.dmabuf(2).unwrap()) }.unwrap();
    assert_eq!(
        view.params(0).unwrap().fd_number(),
        owner.params(2).unwrap().fd_number()
    );
    assert_eq!((view.batch_size(), view.mem_type()), (1, owner.mem_type()));
    assert_eq!(exchange(&view, 0, theirs), all(ours, len));
    drop(view);
    assert_eq!(exchange(&owner, 2, ours), all(theirs, len));
}

#[test]
fn a_duplicate_of_the_dmabuf_is_the_same_file_and_outlives_the_surface() {
    let _alone = alone();
    let surface = nv12();
    let duplicate = surface.clone_dmabuf(0).unwrap();
    let inode = |fd: &OwnedFd| {
        let file = File::from(fd.try_clone().unwrap());
        std::os::unix::fs::MetadataExt::ino(&file.metadata().unwrap())
    };
    let own = surface.dmabuf(0).unwrap();
    assert_ne!(own.as_raw_fd(), duplicate.as_raw_fd());
    assert_eq!(inode(&own.try_clone_to_owned().unwrap()), inode(&duplicate));
    // SAFETY: asks for the flags of an fd of ours.
    let flags = unsafe { libc::fcntl(duplicate.as_raw_fd(), libc::F_GETFD) };
    assert_eq!(flags & libc::FD_CLOEXEC, libc::FD_CLOEXEC);
    drop(surface);
    assert!(inode(&duplicate) > 0);
}

/// Set in the process that breaks a rule.
const CHILD: &str = "NVBUF_TEST_UNKNOWN_FD";

#[test]
fn an_fd_that_no_surface_has_is_an_error() {
    let _alone = alone();
    if Simulator::find().is_err() {
        println!("not run: whether NVIDIA's library knows duplicates is not known");
        return;
    }
    if std::env::var_os(CHILD).is_some() {
        let surface = nv12();
        let duplicate = surface.clone_dmabuf(0).unwrap();
        // SAFETY: the surface outlives the call, which gives none.
        let error = unsafe { Surface::from_fd(duplicate.as_fd()) }.expect_err("a duplicate");
        assert_eq!(error.kind(), ErrorKind::Call, "{error}");
        assert!(error.to_string().contains("duplicate"), "{error}");
        println!("refused");
        return;
    }
    // The simulator counts it as a broken rule, which strictness makes fatal.
    let output = Command::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "by_fd::an_fd_that_no_surface_has_is_an_error",
            "--nocapture",
        ])
        .env(CHILD, "1")
        .env_remove("NVMM_SIM_STRICT")
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(String::from_utf8_lossy(&output.stdout).contains("refused"));
}
