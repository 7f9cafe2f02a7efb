/*
 * The C interface of OpenGL ES 3.0, as far as textures without a window need it.
 *
 * Written from published interface facts: names, values, types and order. No text of the Khronos Group's is used here.
 * tests/headers compares all of it with the distribution's own headers.
 *
 * SPDX-License-Identifier: MIT OR Apache-2.0
 */
#ifndef EGL_CUDA_GLES_H_
#define EGL_CUDA_GLES_H_

/** One of GL's numbers. */
typedef unsigned int GLenum;
/** An object by its number, or an unsigned integer. */
typedef unsigned int GLuint;
/** An integer. */
typedef int GLint;
/** A size. */
typedef int GLsizei;

/** The calls since the last question succeeded. */
#define GL_NO_ERROR 0
/** The type of texture. */
#define GL_TEXTURE_2D 0x0DE1
/** Bytes. */
#define GL_UNSIGNED_BYTE 0x1401
/** Pixels: red, green, blue, alpha. */
#define GL_RGBA 0x1908
/** Pixels: red. */
#define GL_RED 0x1903
/** Pixels: red, green. */
#define GL_RG 0x8227
/** Pixels: blue, green, red, alpha (GL_EXT_texture_format_BGRA8888). */
#define GL_BGRA_EXT 0x80E1
/** Texture: four channels of 8 bits. */
#define GL_RGBA8 0x8058
/** Texture: the same, stored as blue, green, red, alpha (GL_EXT_texture_storage). */
#define GL_BGRA8_EXT 0x93A1
/** Texture: one channel of 8 bits. */
#define GL_R8 0x8229
/** Texture: two channels of 8 bits. */
#define GL_RG8 0x822B
/** What is drawn to and read from. */
#define GL_FRAMEBUFFER 0x8D40
/** What is attached to it first. */
#define GL_COLOR_ATTACHMENT0 0x8CE0
/** It can be drawn to and read from. */
#define GL_FRAMEBUFFER_COMPLETE 0x8CD5
/** Rows in the caller's memory begin at multiples of so many bytes: when written to a texture. */
#define GL_UNPACK_ALIGNMENT 0x0CF5
/** Pixels from row to row in the caller's memory: when written to a texture. */
#define GL_UNPACK_ROW_LENGTH 0x0CF2
/** Rows in the caller's memory that are left out first: when written to a texture. */
#define GL_UNPACK_SKIP_ROWS 0x0CF3
/** Pixels of each row in the caller's memory that are left out first: when written to a texture. */
#define GL_UNPACK_SKIP_PIXELS 0x0CF4
/** Rows in the caller's memory begin at multiples of so many bytes: when read. */
#define GL_PACK_ALIGNMENT 0x0D05
/** Pixels from row to row in the caller's memory: when read. */
#define GL_PACK_ROW_LENGTH 0x0D02
/** Rows in the caller's memory that are left out first: when read. */
#define GL_PACK_SKIP_ROWS 0x0D03
/** Pixels of each row in the caller's memory that are left out first: when read. */
#define GL_PACK_SKIP_PIXELS 0x0D04
/** A buffer of GL's instead of the caller's memory: when read. */
#define GL_PIXEL_PACK_BUFFER 0x88EB
/** A buffer of GL's instead of the caller's memory: when written to a texture. */
#define GL_PIXEL_UNPACK_BUFFER 0x88EC

GLenum glGetError(void);
void glFinish(void);
void glGenTextures(GLsizei count, GLuint *textures);
void glDeleteTextures(GLsizei count, const GLuint *textures);
void glBindTexture(GLenum target, GLuint texture);
void glTexStorage2D(GLenum target, GLsizei levels, GLenum format, GLsizei width, GLsizei height);
void glTexImage2D(GLenum target, GLint level, GLint internal, GLsizei width, GLsizei height, GLint border,
                  GLenum format, GLenum type, const void *pixels);
void glTexSubImage2D(GLenum target, GLint level, GLint x, GLint y, GLsizei width, GLsizei height, GLenum format,
                     GLenum type, const void *pixels);
void glPixelStorei(GLenum name, GLint value);
void glBindBuffer(GLenum target, GLuint buffer);
void glGenFramebuffers(GLsizei count, GLuint *framebuffers);
void glDeleteFramebuffers(GLsizei count, const GLuint *framebuffers);
void glBindFramebuffer(GLenum target, GLuint framebuffer);
void glFramebufferTexture2D(GLenum target, GLenum attachment, GLenum textarget, GLuint texture, GLint level);
GLenum glCheckFramebufferStatus(GLenum target);
void glReadPixels(GLint x, GLint y, GLsizei width, GLsizei height, GLenum format, GLenum type, void *pixels);

#endif /* EGL_CUDA_GLES_H_ */
