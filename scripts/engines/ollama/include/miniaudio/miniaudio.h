// Ollama's multimodal code includes an audio decoder that Go leaves out of the module, because it stands in a folder named
// "vendor". Text models never call it; here every call answers "not implemented", so audio input is refused.
#ifndef MINNOW_MINIAUDIO_STAND_IN_H
#define MINNOW_MINIAUDIO_STAND_IN_H
#include <cstddef>
#include <cstdint>

using ma_result = int;
using ma_format = int;
using ma_uint32 = std::uint32_t;
using ma_uint64 = std::uint64_t;

constexpr ma_result MA_SUCCESS = 0;
constexpr ma_result MA_NOT_IMPLEMENTED = -29;
constexpr ma_format ma_format_f32 = 5;

struct ma_decoder_config {
  ma_format format;
  ma_uint32 channels;
  ma_uint32 sampleRate;
};

struct ma_decoder {
  ma_uint32 outputSampleRate;
};

inline ma_decoder_config ma_decoder_config_init(ma_format format, ma_uint32 channels, ma_uint32 rate) {
  return {format, channels, rate};
}
inline ma_result ma_decoder_init_memory(const void *, std::size_t, const ma_decoder_config *, ma_decoder *) {
  return MA_NOT_IMPLEMENTED;
}
inline ma_result ma_decoder_get_length_in_pcm_frames(ma_decoder *, ma_uint64 *) { return MA_NOT_IMPLEMENTED; }
inline ma_result ma_decoder_read_pcm_frames(ma_decoder *, void *, ma_uint64, ma_uint64 *) { return MA_NOT_IMPLEMENTED; }
inline ma_result ma_decoder_uninit(ma_decoder *) { return MA_SUCCESS; }
#endif
