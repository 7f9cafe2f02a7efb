/* One frame through an EGLStream, from device memory to device memory, with declarations of our own:
 * no header of EGL's or CUDA's is needed. */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef void *EGLDisplay, *EGLDevice, *EGLStream;
typedef void (*EGLFunction)(void);
unsigned eglInitialize(EGLDisplay display, int *major, int *minor);
unsigned eglTerminate(EGLDisplay display);
EGLFunction eglGetProcAddress(const char *name);

typedef struct CUeglFrame {
  union {
    void *pArray[3];
    void *pPitch[3];
  } frame;
  unsigned width, height, depth, pitch, planeCount, numChannels;
  unsigned frameType, eglColorFormat, cuFormat;
} CUeglFrame;

typedef void *CUcontext, *CUstream, *CUresource, *CUconnection;
int cuInit(unsigned flags);
int cuCtxCreate_v2(CUcontext *context, unsigned flags, int device);
int cuCtxDestroy_v2(CUcontext context);
int cuMemAlloc_v2(uintptr_t *address, size_t size);
int cuMemFree_v2(uintptr_t address);
int cuMemsetD8_v2(uintptr_t address, unsigned char value, size_t size);
int cuMemcpyDtoH_v2(void *to, uintptr_t from, size_t size);
int cuGraphicsResourceGetMappedEglFrame(CUeglFrame *frame, CUresource resource, unsigned index,
                                        unsigned level);
int cuEGLStreamConsumerConnect(CUconnection *conn, EGLStream stream);
int cuEGLStreamConsumerDisconnect(CUconnection *conn);
int cuEGLStreamConsumerAcquireFrame(CUconnection *conn, CUresource *resource, CUstream *stream,
                                    unsigned timeout);
int cuEGLStreamConsumerReleaseFrame(CUconnection *conn, CUresource resource, CUstream *stream);
int cuEGLStreamProducerConnect(CUconnection *conn, EGLStream stream, int width, int height);
int cuEGLStreamProducerDisconnect(CUconnection *conn);
int cuEGLStreamProducerPresentFrame(CUconnection *conn, CUeglFrame frame, CUstream *stream);
int cuEGLStreamProducerReturnFrame(CUconnection *conn, CUeglFrame *frame, CUstream *stream);

#ifdef __cplusplus
}
#endif

#define CHECK(condition)                                      \
  do {                                                        \
    if (!(condition)) {                                       \
      fprintf(stderr, "line %d: %s\n", __LINE__, #condition); \
      return 1;                                               \
    }                                                         \
  } while (0)

typedef unsigned (*QueryDevices)(int, EGLDevice *, int *);
typedef EGLDisplay (*PlatformDisplay)(unsigned, void *, const int *);
typedef EGLStream (*CreateStream)(EGLDisplay, const int *);
typedef unsigned (*DestroyStream)(EGLDisplay, EGLStream);

static CUeglFrame picture(uintptr_t address) {
  CUeglFrame frame;
  memset(&frame, 0, sizeof frame);
  memcpy(&frame.frame.pPitch[0], &address, sizeof address);
  frame.width = 64;
  frame.height = 32;
  frame.depth = 1;
  frame.pitch = 256;
  frame.planeCount = 1;
  frame.numChannels = 4;
  frame.frameType = 1;
  frame.eglColorFormat = 0x0e;
  frame.cuFormat = 1;
  return frame;
}

int main(void) {
  static const int fifo[] = {0x31fc, 2, 0x3038};
  QueryDevices query = (QueryDevices)eglGetProcAddress("eglQueryDevicesEXT");
  PlatformDisplay get = (PlatformDisplay)eglGetProcAddress("eglGetPlatformDisplayEXT");
  CreateStream create = (CreateStream)eglGetProcAddress("eglCreateStreamKHR");
  DestroyStream destroy = (DestroyStream)eglGetProcAddress("eglDestroyStreamKHR");
  EGLDevice device;
  EGLDisplay display;
  EGLStream stream;
  CUcontext context;
  CUconnection consumer = NULL, producer = NULL;
  CUresource resource;
  CUeglFrame frame;
  uintptr_t first, second;
  unsigned char byte = 0;
  int count = 0;
  CHECK(query && get && create && destroy);
  CHECK(query(1, &device, &count) && count == 1);
  display = get(0x313f, device, NULL);
  CHECK(display && eglInitialize(display, NULL, NULL));
  CHECK(cuInit(0) == 0 && cuCtxCreate_v2(&context, 0, 0) == 0);
  CHECK(cuMemAlloc_v2(&first, 256 * 32) == 0 && cuMemAlloc_v2(&second, 256 * 32) == 0);
  CHECK(cuMemsetD8_v2(first, 42, 256 * 32) == 0 && cuMemsetD8_v2(second, 43, 256 * 32) == 0);
  stream = create(display, fifo);
  CHECK(stream != NULL);
  CHECK(cuEGLStreamConsumerConnect(&consumer, stream) == 0);
  CHECK(cuEGLStreamProducerConnect(&producer, stream, 64, 32) == 0);
  /* The frame goes by value. */
  CHECK(cuEGLStreamProducerPresentFrame(&producer, picture(first), NULL) == 0);
  CHECK(cuEGLStreamConsumerAcquireFrame(&consumer, &resource, NULL, 16000) == 0);
  CHECK(cuGraphicsResourceGetMappedEglFrame(&frame, resource, 0, 0) == 0);
  CHECK(frame.width == 64 && frame.pitch == 256 && frame.frameType == 1);
  CHECK(cuMemcpyDtoH_v2(&byte, (uintptr_t)frame.frame.pPitch[0], 1) == 0 && byte == 42);
  CHECK(cuEGLStreamConsumerReleaseFrame(&consumer, resource, NULL) == 0);
  /* The newest frame stays in the stream. */
  CHECK(cuEGLStreamProducerReturnFrame(&producer, &frame, NULL) == 702);
  CHECK(cuEGLStreamProducerPresentFrame(&producer, picture(second), NULL) == 0);
  CHECK(cuEGLStreamProducerReturnFrame(&producer, &frame, NULL) == 0);
  CHECK((uintptr_t)frame.frame.pPitch[0] == first);
  CHECK(cuEGLStreamProducerDisconnect(&producer) == 0);
  CHECK(cuEGLStreamConsumerDisconnect(&consumer) == 0);
  CHECK(destroy(display, stream) && eglTerminate(display));
  CHECK(cuMemFree_v2(first) == 0 && cuMemFree_v2(second) == 0 && cuCtxDestroy_v2(context) == 0);
  puts("done");
  return 0;
}
