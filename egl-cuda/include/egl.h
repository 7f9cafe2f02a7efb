/*
 * The C interface of EGL and of those of its extensions that this crate uses.
 *
 * Written from published interface facts: names, values, types and order. No text of the Khronos Group's is used here.
 * tests/headers compares all of it with the distribution's own headers.
 *
 * SPDX-License-Identifier: MIT OR Apache-2.0
 */
#ifndef EGL_CUDA_EGL_H_
#define EGL_CUDA_EGL_H_

#include <stdint.h>

/** EGL's integer. */
typedef int32_t EGLint;
/** EGL_TRUE or EGL_FALSE. */
typedef unsigned int EGLBoolean;
/** One of EGL's numbers. */
typedef unsigned int EGLenum;
/** An attribute that may hold a pointer. */
typedef intptr_t EGLAttrib;
/** Nanoseconds. */
typedef uint64_t EGLTimeKHR;
/** A count. */
typedef uint64_t EGLuint64KHR;
/** A display: one driver, and all that is made with it. */
typedef void *EGLDisplay;
/** What a display is of on the platform's side; null is the default. */
typedef void *EGLNativeDisplayType;
/** A pixel format of surfaces. */
typedef void *EGLConfig;
/** A context of OpenGL or OpenGL ES. */
typedef void *EGLContext;
/** What a context draws to. */
typedef void *EGLSurface;
/** A GPU. */
typedef void *EGLDeviceEXT;
/** What an image is made of; for textures their number as a pointer. */
typedef void *EGLClientBuffer;
/** An image that EGL objects share. */
typedef void *EGLImageKHR;
/** A queue of frames between a producer and a consumer. */
typedef void *EGLStreamKHR;
/** A fence. */
typedef void *EGLSyncKHR;

/** A function of any type; the name is EGL's. */
typedef void (*__eglMustCastToProperFunctionPointerType)(void);

/** No. */
#define EGL_FALSE 0
/** Yes. */
#define EGL_TRUE 1
/** The end of a list of attributes. */
#define EGL_NONE 0x3038

/** The last call of this thread succeeded. */
#define EGL_SUCCESS 0x3000
/** The display is not initialised. */
#define EGL_NOT_INITIALIZED 0x3001
/** The object is in use by another thread, or has an image already. */
#define EGL_BAD_ACCESS 0x3002
/** Memory or another resource is out. */
#define EGL_BAD_ALLOC 0x3003
/** An attribute or its value is not known. */
#define EGL_BAD_ATTRIBUTE 0x3004
/** There is no such configuration. */
#define EGL_BAD_CONFIG 0x3005
/** There is no such context. */
#define EGL_BAD_CONTEXT 0x3006
/** The surface that is current is gone. */
#define EGL_BAD_CURRENT_SURFACE 0x3007
/** There is no such display. */
#define EGL_BAD_DISPLAY 0x3008
/** The arguments contradict each other. */
#define EGL_BAD_MATCH 0x3009
/** There is no such native pixmap. */
#define EGL_BAD_NATIVE_PIXMAP 0x300A
/** There is no such native window. */
#define EGL_BAD_NATIVE_WINDOW 0x300B
/** An argument is not valid. */
#define EGL_BAD_PARAMETER 0x300C
/** There is no such surface. */
#define EGL_BAD_SURFACE 0x300D
/** The GPU was reset: contexts are lost. */
#define EGL_CONTEXT_LOST 0x300E
/** There is no such stream. */
#define EGL_BAD_STREAM_KHR 0x321B
/** The stream is in the wrong state. */
#define EGL_BAD_STATE_KHR 0x321C
/** There is no such device. */
#define EGL_BAD_DEVICE_EXT 0x322B

/** String: who made it. */
#define EGL_VENDOR 0x3053
/** String: which version it is. */
#define EGL_VERSION 0x3054
/** String: what it can do beyond that version. */
#define EGL_EXTENSIONS 0x3055
/** API: OpenGL ES. */
#define EGL_OPENGL_ES_API 0x30A0
/** Configuration: what surfaces it is for. */
#define EGL_SURFACE_TYPE 0x3033
/** Configuration: what APIs it is for. */
#define EGL_RENDERABLE_TYPE 0x3040
/** Surfaces without a window. */
#define EGL_PBUFFER_BIT 0x0001
/** OpenGL ES 3. */
#define EGL_OPENGL_ES3_BIT 0x0040
/** Context: the major version of its API. */
#define EGL_CONTEXT_MAJOR_VERSION 0x3098
/** Surface: pixels in a row. */
#define EGL_WIDTH 0x3057
/** Surface: rows. */
#define EGL_HEIGHT 0x3056
/** The surface that is drawn to. */
#define EGL_DRAW 0x3059
/** The surface that is read from. */
#define EGL_READ 0x305A

/** Platform: a GPU without a window system (EGL_EXT_platform_device). */
#define EGL_PLATFORM_DEVICE_EXT 0x313F
/** Device: its number among CUDA's (EGL_NV_device_cuda). */
#define EGL_CUDA_DEVICE_NV 0x323A
/** Image: a level of a 2D texture. */
#define EGL_GL_TEXTURE_2D_KHR 0x30B1
/** Stream: frames that wait for the consumer at most; 0 is a mailbox. */
#define EGL_STREAM_FIFO_LENGTH_KHR 0x31FC
/** Stream: the number of the frame that the consumer got last, from 1. */
#define EGL_CONSUMER_FRAME_KHR 0x3213
/** Stream: how it stands. */
#define EGL_STREAM_STATE_KHR 0x3214
/** Stream: no consumer yet. */
#define EGL_STREAM_STATE_CREATED_KHR 0x3215
/** Stream: a consumer and no producer yet. */
#define EGL_STREAM_STATE_CONNECTING_KHR 0x3216
/** Stream: no frame yet. */
#define EGL_STREAM_STATE_EMPTY_KHR 0x3217
/** Stream: a frame that was not acquired yet. */
#define EGL_STREAM_STATE_NEW_FRAME_AVAILABLE_KHR 0x3218
/** Stream: only frames that were acquired. */
#define EGL_STREAM_STATE_OLD_FRAME_AVAILABLE_KHR 0x3219
/** Stream: an end of it is gone. */
#define EGL_STREAM_STATE_DISCONNECTED_KHR 0x321A
/** Sync: signalled when the GL commands before it are done. */
#define EGL_SYNC_FENCE_KHR 0x30F9
/** Wait: submit the commands before, too. */
#define EGL_SYNC_FLUSH_COMMANDS_BIT_KHR 0x0001
/** Wait: the time was up. */
#define EGL_TIMEOUT_EXPIRED_KHR 0x30F5
/** Wait: it is signalled. */
#define EGL_CONDITION_SATISFIED_KHR 0x30F6

__eglMustCastToProperFunctionPointerType eglGetProcAddress(const char *name);
EGLint eglGetError(void);
EGLDisplay eglGetDisplay(EGLNativeDisplayType native);
EGLBoolean eglInitialize(EGLDisplay display, EGLint *major, EGLint *minor);
const char *eglQueryString(EGLDisplay display, EGLint name);
EGLBoolean eglBindAPI(EGLenum api);
EGLenum eglQueryAPI(void);
EGLBoolean eglChooseConfig(EGLDisplay display, const EGLint *attributes, EGLConfig *configs, EGLint size,
                           EGLint *count);
EGLContext eglCreateContext(EGLDisplay display, EGLConfig config, EGLContext share, const EGLint *attributes);
EGLBoolean eglDestroyContext(EGLDisplay display, EGLContext context);
EGLSurface eglCreatePbufferSurface(EGLDisplay display, EGLConfig config, const EGLint *attributes);
EGLBoolean eglDestroySurface(EGLDisplay display, EGLSurface surface);
EGLBoolean eglMakeCurrent(EGLDisplay display, EGLSurface draw, EGLSurface read, EGLContext context);
EGLContext eglGetCurrentContext(void);
EGLDisplay eglGetCurrentDisplay(void);
EGLSurface eglGetCurrentSurface(EGLint which);

EGLDisplay eglGetPlatformDisplayEXT(EGLenum platform, void *native, const EGLint *attributes);
EGLBoolean eglQueryDevicesEXT(EGLint size, EGLDeviceEXT *devices, EGLint *count);
const char *eglQueryDeviceStringEXT(EGLDeviceEXT device, EGLint name);
EGLBoolean eglQueryDeviceAttribEXT(EGLDeviceEXT device, EGLint attribute, EGLAttrib *value);
EGLImageKHR eglCreateImageKHR(EGLDisplay display, EGLContext context, EGLenum target, EGLClientBuffer buffer,
                              const EGLint *attributes);
EGLBoolean eglDestroyImageKHR(EGLDisplay display, EGLImageKHR image);
EGLStreamKHR eglCreateStreamKHR(EGLDisplay display, const EGLint *attributes);
EGLBoolean eglDestroyStreamKHR(EGLDisplay display, EGLStreamKHR stream);
EGLBoolean eglQueryStreamKHR(EGLDisplay display, EGLStreamKHR stream, EGLenum attribute, EGLint *value);
EGLBoolean eglQueryStreamu64KHR(EGLDisplay display, EGLStreamKHR stream, EGLenum attribute, EGLuint64KHR *value);
EGLSyncKHR eglCreateSyncKHR(EGLDisplay display, EGLenum type, const EGLint *attributes);
EGLBoolean eglDestroySyncKHR(EGLDisplay display, EGLSyncKHR sync);
EGLint eglClientWaitSyncKHR(EGLDisplay display, EGLSyncKHR sync, EGLint flags, EGLTimeKHR timeout);

#endif /* EGL_CUDA_EGL_H_ */
