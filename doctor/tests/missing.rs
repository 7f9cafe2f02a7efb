//! Where something is not there, the page says what, and what to do.

mod page;

use page::{Folder, bare, page, text, with_libraries};

const SURFACES: &str = "round trip, libnvbufsurface";

#[test]
fn without_any_library_the_page_is_useful() {
    let (status, text) = text(bare());
    assert_eq!(status, 1, "{text}");
    assert!(!text.contains("SIMULATOR"));
    for word in [
        "libnvbufsurface.so.1.0.0 was not found",
        "NVBUF_LIBRARY_PATH",
        "the CUDA driver library was not found",
        "--runtime nvidia",
        "surfaces fit",
        "what to do first",
        "this machine has no NVIDIA software",
    ] {
        assert!(text.contains(word), "{word}: {text}");
    }
    let page = page(bare());
    assert_eq!(page.status, 1);
    assert_eq!(page.status_of("libraries", "libnvbufsurface"), "FAIL");
    assert_eq!(page.status_of("libraries", "libnvbufsurftransform"), "skip");
    // Only older releases have it: nothing is wrong.
    assert_eq!(page.status_of("libraries", "libnvbuf_utils"), "note");
    assert_eq!(page.status_of("CUDA", "device"), "skip");
    assert_eq!(page.status_of(SURFACES, "all steps"), "skip");
}

#[test]
fn without_libnvbufsurface_nothing_is_tried_with_it() {
    let folder = Folder::without("surface", "r35.4.1", &["libnvbufsurface."]);
    let page = page(with_libraries(folder.path(), "r35.4.1"));
    assert_eq!(page.status, 1);
    assert_eq!(
        page.failed(),
        [("libraries", "libnvbufsurface")],
        "{:#}",
        page.json
    );
    assert_eq!(page.status_of(SURFACES, "all steps"), "skip");
    let first = &page.json["first"][0];
    assert!(
        first["what"].as_str().unwrap().contains("not found"),
        "{first}"
    );
    assert!(
        first["remedy"]
            .as_str()
            .unwrap()
            .contains("NVBUF_LIBRARY_PATH"),
        "{first}"
    );
}

#[test]
fn without_libnvbufsurftransform_all_but_transforms_is_tried() {
    let folder = Folder::without("transform", "r35.4.1", &["libnvbufsurftransform"]);
    let page = page(with_libraries(folder.path(), "r35.4.1"));
    assert_eq!(page.status, 1);
    assert_eq!(
        page.failed(),
        [("libraries", "libnvbufsurftransform")],
        "{:#}",
        page.json
    );
    assert!(
        page.words("libraries", "libnvbufsurftransform")
            .contains("nvidia-l4t-multimedia")
    );
    assert_eq!(page.status_of(SURFACES, "engine turns"), "skip");
    assert_eq!(page.status_of(SURFACES, "unregister"), "ok");
}

#[test]
fn libnvbuf_utils_is_missed_where_the_release_has_it() {
    let folder = Folder::without("legacy", "r32.7", &["libnvbuf_utils"]);
    let unsaid = page(with_libraries(folder.path(), "r32.7"));
    assert_eq!(
        (unsaid.status, unsaid.failed()),
        (0, vec![]),
        "{:#}",
        unsaid.json
    );
    assert_eq!(unsaid.status_of("libraries", "libnvbuf_utils"), "note");
    let mut command = with_libraries(folder.path(), "r32.7");
    command.env("NVBUF_RELEASE", "R32.7.1");
    let said = page(command);
    assert_eq!(
        (said.status, said.failed()),
        (1, vec![("libraries", "libnvbuf_utils")])
    );
    assert_eq!(said.status_of("machine", "release"), "ok");
}

#[test]
fn without_cuda_all_that_needs_none_is_tried() {
    let folder = Folder::without("cuda", "r36.4", &["libcuda"]);
    let page = page(with_libraries(folder.path(), "r36.4"));
    assert_eq!(page.status, 1);
    assert_eq!(page.failed(), [("CUDA", "libcuda")], "{:#}", page.json);
    let words = page.words("CUDA", "libcuda");
    assert!(
        words.contains("file too short") && words.contains("nvidia-l4t-cuda"),
        "{words}"
    );
    for (name, status) in [
        ("CPU reads", "ok"),
        ("engine turns", "ok"),
        ("EGLImage", "ok"),
        ("register", "skip"),
        ("GPU writes, reads", "skip"),
        ("end of EGLImage", "ok"),
        ("destroy", "ok"),
    ] {
        assert_eq!(page.status_of(SURFACES, name), status, "{name}");
    }
}

#[test]
fn without_libegl_egl_images_are_what_counts() {
    let folder = Folder::without("egl", "r32.7", &["libEGL"]);
    let page = page(with_libraries(folder.path(), "r32.7"));
    // The simulator's libraries make theirs without.
    assert_eq!((page.status, page.failed()), (0, vec![]), "{:#}", page.json);
    assert_eq!(page.status_of("EGL", "device's display"), "note");
    let words = page.words("EGL", "device's display");
    assert!(
        words.contains("libEGL was not found") && words.contains("libegl1"),
        "{words}"
    );
}

#[test]
fn a_library_of_another_release_is_told() {
    let folder = Folder::without("release", "r36.4", &[]);
    let release = |release: &str| {
        let mut command = with_libraries(folder.path(), "r36.4");
        command.env("NVBUF_RELEASE", release);
        page(command)
    };
    let page = release("R39.2");
    assert_eq!(page.failed()[0], ("libraries", "libnvbufsurface"));
    let words = page.words("libraries", "libnvbufsurface");
    assert!(words.contains("install L4T R39.2's own"), "{words}");
    let page = release("thirty-two");
    assert_eq!(page.failed()[0], ("machine", "release"));
    assert!(page.words("machine", "release").contains("thirty-two"));
    assert_eq!(release("R36.4").status, 0);
}

#[test]
fn gstreamer_is_not_needed() {
    let folder = Folder::without("gstreamer", "r36.4", &[]);
    let mut command = with_libraries(folder.path(), "r36.4");
    command.env("PATH", folder.path());
    let page = page(command);
    assert_eq!((page.status, page.failed()), (0, vec![]));
    assert_eq!(page.status_of("GStreamer", "GStreamer"), "note");
    let words = page.words("GStreamer", "GStreamer");
    assert!(
        words.contains("not in PATH") && words.contains("gstreamer1.0-tools"),
        "{words}"
    );
}

#[test]
fn few_descriptors_are_too_few() {
    let folder = Folder::without("descriptors", "r36.4", &[]);
    let mut command = std::process::Command::new("sh");
    command.args(["-c", "ulimit -n 40; exec \"$0\" \"$@\"", page::PROGRAM]);
    command.envs([
        ("NVBUF_LIBRARY_PATH", folder.path()),
        ("LD_LIBRARY_PATH", folder.path()),
    ]);
    command.env("NVMM_SIM_RELEASE", "r36.4");
    let page = page(command);
    assert_eq!(
        (page.status, page.failed()),
        (1, vec![("machine", "file descriptors")])
    );
    assert!(
        page.words("machine", "file descriptors")
            .contains("limits.conf")
    );
}
