"""The models that come in no wheel: `manage.py models pull` brings them."""

from pipeline.engines.catalogue.model import File, Hub, Model, Web


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


PULLED = (
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
