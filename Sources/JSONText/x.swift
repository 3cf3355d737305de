import ByteText
