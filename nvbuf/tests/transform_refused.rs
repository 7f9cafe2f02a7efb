//! Transforms that are refused: before the call, and by the library.

mod picture;

use nvbuf::{
    Access, ColorFormat, Composite, Compute, Error, ErrorKind, Filter, Flip, Layer, Layout,
    MemType, Rect, Surface, Transform, TransformError,
};
use picture::{functions, on_release, pixel, read, rgba, surface};

fn assert_refused(result: Result<(), Error>, what: &str) {
    let error = result.expect_err(what);
    assert_eq!(error.kind(), ErrorKind::Invalid, "{error}");
    let text = error.to_string();
    assert!(text.contains(what), "{what:?} is not in {text:?}");
    assert!(text.starts_with(error.call()), "{text}");
}

#[test]
fn what_cannot_be_is_refused_before_the_call() {
    let source = surface(ColorFormat::RGBA, 640, 480);
    let mut target = surface(ColorFormat::RGBA, 320, 240);
    let mut crop = |rect| Transform::new().crop(rect).run(&source, &mut target);
    assert_refused(crop(Rect::new(0, 0, 0, 480)), "is empty");
    assert_refused(crop(Rect::new(0, 0, 640, 0)), "is empty");
    for odd in [
        Rect::new(1, 0, 320, 240),
        Rect::new(0, 1, 320, 240),
        Rect::new(0, 0, 321, 240),
        Rect::new(0, 0, 320, 241),
    ] {
        assert_refused(crop(odd), "is odd");
    }
    for outside in [
        Rect::new(0, 0, 642, 480),
        Rect::new(0, 2, 640, 480),
        Rect::new(u32::MAX - 1, 0, 640, 480),
        Rect::new(0, 2, 640, u32::MAX - 1),
    ] {
        assert_refused(crop(outside), "not inside");
    }
    let mut place = |rect| Transform::new().place(rect).run(&source, &mut target);
    assert_refused(place(Rect::new(2, 0, 320, 240)), "target rectangle");
    assert_refused(place(Rect::new(0, 0, 38, 240)), "1/16 to 16");
    assert_refused(place(Rect::new(0, 0, 320, 28)), "from 480 to 28");
    place(Rect::new(0, 0, 40, 30)).unwrap();
    let turned = Transform::new()
        .flip(Flip::Rotate90)
        .crop(Rect::new(0, 0, 2, 64))
        .run(&source, &mut target);
    assert_refused(turned, "from 2 to 240");
    // The GPU has no such limit.
    Transform::new()
        .compute(Compute::Gpu)
        .place(Rect::new(0, 0, 38, 240))
        .run(&source, &mut target)
        .unwrap();
    let rects = [Rect::new(0, 0, 16, 16); 2];
    let two = Transform::new().crop_each(&rects).run(&source, &mut target);
    assert_refused(two, "2 source rectangles for 1");
    let two = Transform::new()
        .place_each(&rects)
        .run(&source, &mut target);
    assert_refused(two, "2 target rectangles for 1");
    let index = Transform::new().run_one(&source, 1, &mut target, 0);
    assert_eq!(index.expect_err("one buffer").kind(), ErrorKind::Invalid);
    let index = Transform::new().run_one(&source, 0, &mut target, 1);
    assert_eq!(index.expect_err("one buffer").kind(), ErrorKind::Invalid);
    let itself = Transform::new().run_buffers(&[(&source, 0)], &[(&source, 0)]);
    assert_refused(itself, "same buffer");
    assert_refused(Transform::new().run_buffers(&[], &[]), "0 source buffers");
    let both = [(&source, 0), (&source, 0)];
    let few = Transform::new().run_buffers(&both, &[(&target, 0)]);
    assert_refused(few, "each source needs a target");
}

#[test]
fn memory_that_the_engine_does_not_reach_is_refused() {
    let of = |mem_type| Surface::builder(32, 16).mem_type(mem_type).build().unwrap();
    let source = surface(ColorFormat::RGBA, 32, 16);
    let mut cuda = of(MemType::CUDA_DEVICE);
    let vic = Transform::new().compute(Compute::Vic);
    assert_refused(vic.run(&source, &mut cuda), "the VIC does not reach");
    let mut system = of(MemType::SYSTEM);
    for compute in [Compute::Default, Compute::Gpu, Compute::Vic] {
        let transform = Transform::new().compute(compute);
        assert_refused(transform.run(&source, &mut system), "does not reach");
        assert_refused(transform.run(&system, &mut cuda), "does not reach");
    }
    // Whether the default engine reaches CUDA memory only the platform knows: on a Jetson it does not.
    let error = Transform::new()
        .run(&source, &mut cuda)
        .expect_err("a Jetson");
    assert_eq!(
        error.kind(),
        ErrorKind::Transform(TransformError::EXECUTION),
        "{error}"
    );
    let mixed = [(&source, 0), (&cuda, 0)];
    let target = [surface(ColorFormat::RGBA, 32, 16), rgba(32, 16, 1).0];
    let targets = target.each_ref().map(|surface| (surface, 0));
    let gpu = Transform::new().compute(Compute::Gpu);
    assert_refused(gpu.run_buffers(&mixed, &targets), "one memory type");
    let mut tiles = Surface::builder(64, 64)
        .format(ColorFormat::NV12)
        .layout(Layout::BLOCK_LINEAR)
        .build()
        .unwrap();
    assert_refused(gpu.run(&source, &mut tiles), "the GPU writes");
    Transform::new().run(&source, &mut tiles).unwrap();
}

#[test]
fn mapped_buffers_are_busy() {
    let (source, target) = (rgba(32, 16, 1).0, rgba(32, 16, 2).0);
    let run = || Transform::new().run_buffers(&[(&source, 0)], &[(&target, 0)]);
    let busy = |what: &str| {
        let error = run().expect_err(what);
        assert_eq!(error.kind(), ErrorKind::Busy, "{error}");
        assert!(error.to_string().contains(what), "{error}");
    };
    let slices = target.map(0).unwrap();
    busy("is being read");
    drop(slices);
    let pointers = target.map_ptr(0, Access::Write).unwrap();
    busy("is being written");
    drop(pointers);
    let pointers = source.map_ptr(0, Access::Write).unwrap();
    busy("is being written");
    drop(pointers);
    let reader = source.map(0).unwrap();
    run().unwrap();
    drop(reader);
    // Nothing of it is left.
    drop(target.map_ptr(0, Access::Write).unwrap());
    drop(source.map_ptr(0, Access::Write).unwrap());
}

#[test]
fn all_of_an_odd_picture_goes_where_no_rectangle_is_sent() {
    let (odd, pixels) = rgba(63, 31, 1);
    let even = surface(ColorFormat::RGBA, 64, 32);
    let (mut odd_target, mut target) = (rgba(63, 31, 2).0, surface(ColorFormat::RGBA, 64, 32));
    let whole = Rect::new(0, 0, 63, 31);
    let transform = Transform::new();
    transform.run(&odd, &mut target).unwrap();
    let both = transform.clone().crop(whole).place(whole);
    both.run(&odd, &mut odd_target).unwrap();
    assert_eq!(read(&odd_target, 0, 0), pixels);
    // Rectangles that are sent for one buffer are sent for all.
    let each = transform.clone().crop_each(&[whole; 2]);
    let (sources, targets) = ([(&odd, 0), (&even, 0)], [(&target, 0), (&odd_target, 0)]);
    let run = |sources: &[_]| each.run_buffers(sources, &targets);
    run(&[(&odd, 0), (&odd, 0)]).unwrap();
    assert_refused(run(&sources), "is odd");
    let nearly = transform.clone().crop(Rect::new(0, 0, 63, 30));
    assert_refused(nearly.run(&odd, &mut target), "for example to 62x30+0+0");
    let nearly = transform.place(Rect::new(1, 0, 62, 30));
    assert_refused(nearly.run(&even, &mut odd_target), "to 62x30+0+0");
    // Compositions always send rectangles.
    let layer = Layer::new();
    let compose = |layer, source, target: &mut Surface| {
        Composite::new().layer(layer).run(&[(source, 0)], target, 0)
    };
    let text = "crop or place it to 62x30+0+0";
    assert_refused(compose(layer, &odd, &mut target), text);
    assert_refused(compose(layer.crop(whole), &odd, &mut target), text);
    assert_refused(compose(layer, &even, &mut odd_target), text);
    let thin = surface(ColorFormat::RGBA, 1, 32);
    assert_refused(compose(layer, &thin, &mut target), "take a larger one");
    let part = Rect::new(0, 0, 62, 30);
    compose(layer.crop(part), &odd, &mut target).unwrap();
    compose(layer.place(part), &even, &mut odd_target).unwrap();
}

#[test]
fn more_readers_than_are_counted_are_told_so() {
    let (source, mut target) = (rgba(32, 16, 1).0, rgba(32, 16, 2).0);
    let layers = (0..1023).fold(Composite::new(), |all, _| all.layer(Layer::new()));
    let sources = [(&source, 0); 1023];
    let error = layers.run(&sources, &mut target, 0).expect_err("too many");
    assert_eq!(error.kind(), ErrorKind::Busy, "{error}");
    assert!(error.to_string().contains("by 1022 mappings"), "{error}");
    // Nothing of it is left.
    drop(source.map_ptr(0, Access::Write).unwrap());
}

#[test]
fn odd_rectangles_where_the_release_takes_them() {
    let (source, from) = rgba(32, 16, 1);
    let mut target = surface(ColorFormat::RGBA, 32, 16);
    let odd = Transform::new()
        .crop(Rect::new(3, 5, 7, 9))
        .place(Rect::new(1, 1, 7, 9));
    assert_refused(odd.run(&source, &mut target), "is odd");
    let allowed = odd.allow_odd_crop(true).run(&source, &mut target);
    if functions().sync_obj_from_file.is_none() {
        return assert_refused(allowed, "R36.2");
    }
    allowed.unwrap();
    let after = read(&target, 0, 0);
    for (y, x) in (0..9).flat_map(|y| (0..7).map(move |x| (y, x))) {
        let expected = pixel(&from, 32, 3 + x, 5 + y);
        assert_eq!(pixel(&after, 32, 1 + x, 1 + y), expected, "{x} {y}");
    }
}

#[test]
fn the_library_s_own_refusals_are_typed() {
    let (source, mut target) = (rgba(32, 16, 1).0, rgba(32, 16, 2).0);
    let filter = Transform::new().filter(Filter(77));
    let error = filter.run(&source, &mut target).expect_err("no filter");
    let kind = ErrorKind::Transform(TransformError::INVALID_PARAMS);
    assert_eq!((error.kind(), error.call()), (kind, "NvBufSurfTransform"));
    let text = error.to_string();
    assert!(text.contains("Filter(77)") && text.contains("-3"), "{text}");
    let error = Transform::new().normalize(true).run(&source, &mut target);
    let error = error.expect_err("nobody says what it is");
    if functions().transform_async.is_some() {
        let kind = ErrorKind::Transform(TransformError::UNSUPPORTED);
        assert_eq!(error.kind(), kind, "{error}");
    } else {
        assert_eq!(error.kind(), ErrorKind::Invalid, "{error}");
    }
}

#[test]
fn all_of_this_on_the_first_release_too() {
    on_release("r32.1");
}
