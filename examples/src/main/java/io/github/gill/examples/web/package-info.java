/**
 * The chat's server: a JSON API with server-sent events, an OpenAI-compatible one, and the front
 * end's files.
 *
 * <p>{@link io.github.gill.examples.web.ChatServer} is the entry point. A {@code Chat} holds one
 * conversation and its pictures in memory; {@code WaitingLine} bounds what waits for the model;
 * {@code RequestGuard} refuses requests of other sites. {@code openapi.json} documents every route.
 */
@NullMarked
package io.github.gill.examples.web;

import org.jspecify.annotations.NullMarked;
