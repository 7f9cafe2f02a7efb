//! Every call of libnvbufsurftransform failing, with each of its results: the right error, nothing
//! leaked. One test, since faults and counters belong to the whole process. Simulator only.

mod picture;

use std::sync::Arc;

use nvbuf::{Blend, Color, ColorFormat, Composite, ErrorKind, Layer, Result, Session, Transform};
use nvmm_sim_control::{EVERY, Simulator};
use picture::{functions, surface};

/// Every function of the crate that calls the library, as far as the release has them.
fn life() -> Result<()> {
    let new = || surface(ColorFormat::RGBA, 32, 16);
    let (source, alpha) = (Arc::new(new()), surface(ColorFormat::GRAY8, 32, 16));
    let mut target = new();
    let one = Composite::new().layer(Layer::new());
    let mix = Composite::new().layer(Layer::new().alpha(0.5));
    let f = functions();
    Transform::new().run(&source, &mut target)?;
    one.run(&[(&source, 0)], &mut target, 0)?;
    if f.multi_input_buf_composite_blend.is_some() {
        mix.run(&[(&source, 0)], &mut target, 0)?;
    }
    if f.composite_blend.is_some() {
        let blend = Blend::new().background(Color::rgb(0., 0., 1.));
        blend.run(&source, None, &alpha, &mut target)?;
    }
    let target = Arc::new(target);
    let sources = [(Arc::clone(&source), 0)];
    if f.transform_async.is_some() {
        let object = Transform::new().start(Arc::clone(&source), Arc::clone(&target));
        object?.wait()?;
        one.start(&sources, Arc::clone(&target), 0)?.wait()?;
    }
    if f.multi_input_buf_composite_blend_async.is_some() {
        mix.start(&sources, Arc::clone(&target), 0)?.wait()?;
    }
    // Whatever happened, the buffers are free again.
    drop(target.map_ptr(0, nvbuf::Access::Write)?);
    Session::of_thread()?;
    Session::reset()
}

#[test]
fn each_failure_is_a_typed_error_and_leaves_nothing_behind() {
    life().unwrap();
    let Some(simulator) = Simulator::loaded() else {
        println!("not run: faults need the simulator (ci/sim.sh)");
        return;
    };
    let counter = |name| simulator.counter(name).unwrap();
    let mut tried = 0;
    for function in [
        "NvBufSurfTransformSetSessionParams",
        "NvBufSurfTransformGetSessionParams",
        "NvBufSurfTransformSetDefaultSession",
        "NvBufSurfTransform",
        "NvBufSurfTransformAsync",
        "NvBufSurfTransformComposite",
        "NvBufSurfTransformCompositeAsync",
        "NvBufSurfTransformCompositeBlend",
        "NvBufSurfTransformMultiInputBufCompositeBlend",
        "NvBufSurfTransformMultiInputBufCompositeBlendAsync",
        "NvBufSurfTransformSyncObjWait",
        "NvBufSurfTransformSyncObjDestroy",
    ] {
        for (number, code) in (1..).zip([-1, -2, -3, -4, -99].into_iter().cycle()) {
            let before = counter("faults_injected");
            simulator.fail(function, number, code).unwrap();
            let result = life();
            if counter("faults_injected") == before {
                simulator.fail(function, 0, 0).unwrap();
                result.unwrap();
                break;
            }
            let error = result.expect_err(function);
            let ErrorKind::Transform(why) = error.kind() else {
                panic!("{function}: {error}");
            };
            assert_eq!((why.code(), error.call()), (code, function), "{error}");
            assert!(error.to_string().contains(&code.to_string()), "{error}");
            assert_eq!(counter("surfaces_alive"), 0, "{function} {number}");
            tried += 1;
        }
    }
    let functions = functions();
    let expected = match (
        functions.transform_async.is_some(),
        functions.multi_input_buf_composite_blend.is_some(),
    ) {
        (false, _) => 6,
        (true, false) => 14,
        (true, true) => 20,
    };
    assert!(tried >= expected, "{tried} call sites, not {expected}");
    assert_eq!(counter("violations"), 0);
    println!("{tried} failures injected");
    if functions.transform_async.is_none() {
        return;
    }

    // An engine of which nobody can know whether it is done keeps its memory for ever.
    let wait = "NvBufSurfTransformSyncObjWait";
    let (source, target) = (
        surface(ColorFormat::RGBA, 32, 16),
        surface(ColorFormat::RGBA, 32, 16),
    );
    let target = Arc::new(target);
    let object = Transform::new().start(Arc::new(source), Arc::clone(&target));
    simulator.fail(wait, EVERY, -2).unwrap();
    drop(object.unwrap());
    simulator.fail(wait, 0, 0).unwrap();
    let error = target
        .map_ptr(0, nvbuf::Access::Read)
        .expect_err("perhaps in use");
    assert_eq!(error.kind(), ErrorKind::Busy, "{error}");
    drop(target);
    assert_eq!(counter("surfaces_alive"), 2);
}
